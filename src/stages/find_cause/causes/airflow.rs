//! What Airflow itself says of a task.

use super::CauseKind;
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, Infrastructure, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "airflow.task_timeout",
        what: "A task ran longer than its execution timeout.",
        mistaken_for: "What made it slow is seen elsewhere.",
        says: "the task ran longer than Airflow lets it",
        told_quietly: true,
        steps: &[
            (Collect, "compare with earlier runs: how long, how much data"),
            (ConfigChange, "raise execution_timeout if the work has grown"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.zombie",
        what: "Airflow heard nothing of a running task and failed it.",
        mistaken_for: "The worker was killed, for its memory or with its node, or could not reach the database.",
        says: "Airflow heard nothing of the task for {limit|too long}",
        echo_of: &["oom.", "resource.preempted", "infra."],
        told_quietly: true,
        ceiling: 0.93,
        steps: &[
            (Collect, "look at the worker: restarts, kills for memory, load"),
            (Rerun, "run again"),
            (Infrastructure, "give the worker more memory, or raise the heartbeat timeout"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.sensor_timeout",
        what: "A sensor waited for something that did not come in time.",
        mistaken_for: "The sensor works; what it waits for is late.",
        says: "what the sensor waits for did not come in {limit|time}",
        told_quietly: true,
        steps: &[
            (UpstreamContact, "ask why the data or the other job is late"),
            (Rerun, "run again when it is there"),
            (ConfigChange, "raise the timeout of the sensor if this lateness is normal"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.dag_import_error",
        what: "Airflow cannot load the file of a DAG.",
        mistaken_for: "The traceback below names the line.",
        says: "Airflow cannot load {path|the file of the DAG}",
        told_quietly: true,
        steps: &[
            (CodePatch, "correct {path|the file of the DAG}"),
            (ConfigChange, "install what it imports on scheduler and workers"),
            (CodePatch, "do slow work in tasks instead of at import"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.missing_connection",
        what: "A connection that the task names is not defined.",
        mistaken_for: "Another environment has it.",
        says: "the connection {key|of the task} is not defined",
        told_quietly: true,
        steps: &[
            (
                ConfigChange,
                "define the connection {key|that is named} in this environment, or its secret",
            ),
            (CodePatch, "correct the name in the DAG"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.missing_variable",
        what: "A variable that the DAG or task reads is not set.",
        mistaken_for: "Another environment has it.",
        says: "the variable {key|of the task} is not set",
        told_quietly: true,
        steps: &[
            (ConfigChange, "set the variable {key|that is named}"),
            (CodePatch, "read it with a default"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.missing_xcom",
        what: "A value that an earlier task should have pushed is not there.",
        mistaken_for: "The earlier task was skipped, cleared or returned nothing.",
        says: "a value that an earlier task should have pushed is not there",
        told_quietly: true,
        steps: &[
            (Collect, "look whether the earlier task ran and returned something"),
            (CodePatch, "push the value, or cope without it"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.template_error",
        what: "A template of a task cannot be rendered.",
        mistaken_for: "The task did not start; its code has no part in it.",
        says: "a template of the task cannot be rendered: {key|something in it is not defined or does not parse}",
        told_quietly: true,
        steps: &[
            (CodePatch, "correct the template or pass what it lacks"),
            (ConfigChange, "check the search path of templates"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.upstream_failed",
        what: "What the task waits for failed itself.",
        mistaken_for: "The cause is in the log of the other task.",
        says: "what the task waits for failed itself",
        told_quietly: true,
        ceiling: 0.93,
        steps: &[
            (Collect, "look at the log of the task or DAG that failed"),
            (Rerun, "run again after it"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.state_changed",
        what: "The state of the task was changed from outside while it ran.",
        mistaken_for: "A person, a timeout of the DAG run, or a lost executor; the task itself sees SIGTERM.",
        says: "the state of the task was changed from outside",
        echo_of: &["airflow.task_timeout", "oom."],
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (Collect, "look at the audit log and at the scheduler and executor for that moment"),
            (Rerun, "run again"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "airflow.stuck_in_queue",
        what: "A task stood in the queue longer than it may.",
        mistaken_for: "No worker took it: none listens, all are full, or the broker is down.",
        says: "no worker took the task from the queue in time",
        told_quietly: true,
        steps: &[
            (Infrastructure, "check that workers of that queue run and have free slots"),
            (ConfigChange, "raise the number of slots, or the queued timeout"),
        ],
        ..CauseKind::USUAL
    },
];
