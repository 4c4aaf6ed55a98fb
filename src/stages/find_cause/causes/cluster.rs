//! The cluster: reached, answering, giving.

use super::{CauseKind, Refined, Strength};
use crate::records::log_summary::Thrown;
use crate::records::root_cause::StepKind::{Collect, ConfigChange, Infrastructure};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "network.cluster_unreachable",
        what: "The cluster, or a service the job needs, cannot be reached.",
        mistaken_for: "A driver that lost its executors after a crash sees refused connections, too.",
        says: "{host|a host that the job needs} cannot be reached",
        strength: Strength::Symptom,
        echo_of: &["oom.", "jdbc.", "driver.jvm_died", "auth."],
        ceiling: 0.95,
        steps: &[
            (Infrastructure, "check that {host|the host} runs and is reachable from the driver"),
            (ConfigChange, "check the address in the settings"),
        ],
        refine: cluster_or_own_jvm,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.heartbeat_timeout",
        what: "An executor stopped answering: frozen, or busy with garbage collection.",
        mistaken_for: "Memory pressure shows itself as silence before it shows as an error.",
        says: "{an_executor|an executor} sent no heartbeat for {actual|too long}",
        echo_of: &["oom."],
        ceiling: 0.93,
        steps: &[
            (Collect, "look at the executor's log and garbage collection times"),
            (ConfigChange, "raise spark.network.timeout only if the pauses are known and harmless"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "resource.not_available",
        what: "The cluster never gave the job the executors that it asked for.",
        mistaken_for: "An executor that dies at start looks the same from the driver; its own log tells why.",
        says: "the cluster gave no resources to the job",
        echo_of: &["config.invalid", "resource.quota_exceeded", "container."],
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (Infrastructure, "check the free capacity and the queue of the cluster"),
            (ConfigChange, "ask for executors that fit on a node"),
            (Collect, "look at the executors' own logs"),
        ],
        ..CauseKind::USUAL
    },
];

/// Py4J that finds nobody behind its port has lost the JVM next to it, and no cluster.
fn cluster_or_own_jvm(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_gateway =
        |thrown: &Thrown| thrown.frames.last().is_some_and(|frame| frame.file.contains("/py4j/"));
    if sighting.thrown().is_some_and(is_gateway) {
        Refined::Other("driver.jvm_died")
    } else {
        Refined::Same
    }
}
