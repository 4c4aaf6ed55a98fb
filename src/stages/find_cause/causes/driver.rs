//! Ends of the driver that no exception explains.

use super::{CauseKind, Strength};
use crate::records::root_cause::StepKind::{Collect, ConfigChange};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "driver.jvm_died",
        what: "The JVM went away under Python.",
        mistaken_for: "An out-of-memory kill of the driver shows itself only like this.",
        says: "the driver's JVM went away",
        strength: Strength::Symptom,
        echo_of: &[
            "oom.driver",
            "network.cluster_unreachable",
            "config.invalid",
            "plan.too_complex",
        ],
        ceiling: 0.9,
        steps: &[
            (Collect, "collect the hs_err file and the kernel's log of the driver's node"),
            (ConfigChange, "raise spark.driver.memory if the node killed it for its memory"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "driver.killed",
        what: "The driver was killed from outside; its log just ends.",
        mistaken_for: "A log that was cut while it was copied looks the same.",
        says: "the log just ends{exit_hint|}: the driver was killed from outside",
        ceiling: 0.9,
        steps: &[
            (Collect, "look at the log of the node or the cluster manager for the kill"),
            (ConfigChange, "raise the memory of the driver's container if it was killed for it"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "job.cancelled",
        what: "Somebody or a timeout cancelled the job.",
        mistaken_for: "What made it slow is seen in the metrics only.",
        says: "the job was cancelled{exit_hint|}",
        strength: Strength::General,
        echo_of: &["resource.not_available"],
        ceiling: 0.9,
        steps: &[
            (Collect, "find out who or which timeout cancelled it"),
            (Collect, "look at the metrics for what made it slow"),
        ],
        ..CauseKind::USUAL
    },
];
