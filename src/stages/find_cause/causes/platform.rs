//! Containers and machines: given, taken back, started and killed by the platform.

use super::{CauseKind, Strength};
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, Credentials, Infrastructure, Rerun,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "oom.container_killed",
        what: "A container or process of the run was killed for its memory: application master, driver pod or worker of a scheduler.",
        mistaken_for: "The log just ends; only the platform, the kernel or the scheduler tells it.",
        says: "{key|a process} of the run was killed for its memory{of_limit_hint|}",
        echo_of: &["oom.executor", "oom.driver", "oom.python_worker"],
        told_quietly: true,
        ceiling: 0.93,
        steps: &[
            (ConfigChange, "raise the memory of the container that was killed, with its overhead"),
            (CodePatch, "hold less in the memory of the driver or of the Python process"),
            (Collect, "look at the memory of the node for that time"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "resource.quota_exceeded",
        what: "A quota or limit of the platform is used up.",
        mistaken_for: "A busy cluster gives later; a quota does not.",
        says: "{key|a quota} is used up{of_limit_hint|}",
        told_quietly: true,
        steps: &[
            (Infrastructure, "raise the quota {key|that is named}, or free what uses it"),
            (ConfigChange, "ask for less: fewer or smaller executors, fewer runs at once"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "resource.preempted",
        what: "The platform took a machine or container back: spot, preemptible, or for a job of higher priority.",
        mistaken_for: "Spark goes on without a lost executor; it is the cause only where too much was lost.",
        says: "{host|a machine of the run} was taken back by the platform",
        strength: Strength::General,
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (Rerun, "run again"),
            (
                Infrastructure,
                "keep the driver and a base of executors on machines that are not taken back",
            ),
            (ConfigChange, "turn on decommissioning, so that shuffle blocks move in time"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "container.image_pull",
        what: "The image of a container cannot be pulled.",
        mistaken_for: "The pod waits for ever, and the submitter only sees a timeout.",
        says: "the image {key|of a container} cannot be pulled",
        told_quietly: true,
        steps: &[
            (ConfigChange, "check name and tag of {key|the image}"),
            (Credentials, "give the service account a secret for the registry"),
            (Infrastructure, "check that the nodes reach the registry"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "container.start_failed",
        what: "A container cannot be started, or ends again at once.",
        mistaken_for: "With a crash loop the log of the container itself tells more.",
        says: "a container cannot be started{key_hint|}",
        echo_of: &["oom.container_killed", "container.image_pull"],
        told_quietly: true,
        ceiling: 0.92,
        steps: &[
            (Collect, "look at the events of the pod and the log of its previous start"),
            (ConfigChange, "create what it lacks: {key|a config map, a secret, a volume}"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.node_lost",
        what: "A node of the cluster went away: lost, shut down, drained or unhealthy.",
        mistaken_for: "Lost executors and failed fetches follow.",
        says: "{host|a node of the cluster} went away",
        strength: Strength::General,
        echo_of: &["resource.preempted", "infra.disk_full", "oom."],
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (Rerun, "run again"),
            (Collect, "look at the log of {host|the node} and of the cluster manager"),
            (Infrastructure, "replace the node if it happens again"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.disk_failed",
        what: "A disk fails, or was mounted read-only.",
        mistaken_for: "It surfaces as an input/output error of whatever file was used first.",
        says: "a disk of a node fails or is read-only",
        told_quietly: true,
        steps: &[
            (Infrastructure, "replace or repair the node that has the disk"),
            (Rerun, "run again on other nodes"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.clock_skew",
        what: "Clocks differ too much for signed requests.",
        mistaken_for: "It looks like wrong credentials.",
        says: "the clock of the machine differs too much from the service",
        steps: &[(Infrastructure, "synchronise the clock of the node (NTP, chrony)")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.process_limit",
        what: "The limit of processes or threads is reached.",
        mistaken_for: "Java reports it as OutOfMemoryError, though memory is there.",
        says: "no more threads or processes can be made",
        told_quietly: true,
        steps: &[
            (Infrastructure, "raise the limit of processes (ulimit -u, pids of the container)"),
            (ConfigChange, "use fewer threads or tasks at once"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.cluster_start_failed",
        what: "The cluster could not start: a bootstrap or init script, a template, or the provider.",
        mistaken_for: "The job did not run; its code has no part in it.",
        says: "the cluster could not start{path_hint|}",
        echo_of: &["resource.quota_exceeded", "resource.not_available"],
        told_quietly: true,
        ceiling: 0.93,
        steps: &[
            (
                Collect,
                "look at the log of the script {path|that failed}, on the node or in the staging bucket",
            ),
            (ConfigChange, "correct the script or the settings of the cluster"),
            (Rerun, "run again if the provider failed"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "env.install_failed",
        what: "A library could not be installed.",
        mistaken_for: "The job fails later with a missing module or class, if it starts at all.",
        says: "{module|a library} could not be installed",
        told_quietly: true,
        steps: &[
            (
                ConfigChange,
                "pin a version of {module|the library} that exists for this Python, Scala and platform",
            ),
            (Infrastructure, "check that the cluster reaches the package index"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "env.command_not_found",
        what: "The shell does not find a command.",
        mistaken_for: "Exit code 127 means this, 126 that it may not be run.",
        says: "the command {key|of the task} is not there",
        told_quietly: true,
        steps: &[(
            ConfigChange,
            "install {key|the command} in the image, or name it with its full path",
        )],
        ..CauseKind::USUAL
    },
];
