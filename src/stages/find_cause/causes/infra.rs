//! The nodes: disks and handles.

use super::CauseKind;
use crate::records::root_cause::StepKind::{ConfigChange, Infrastructure};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "infra.disk_full",
        what: "A node's disk is full.",
        mistaken_for: "Failed fetches and lost blocks follow.",
        says: "a disk is full",
        told_quietly: true,
        steps: &[
            (Infrastructure, "free or enlarge the disk under spark.local.dir"),
            (
                ConfigChange,
                "raise the number of partitions, or spread scratch files over several disks",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "infra.too_many_open_files",
        what: "A process ran out of file handles.",
        mistaken_for: "It surfaces as FileNotFoundException.",
        says: "a process has too many open files",
        steps: &[
            (Infrastructure, "raise the limit of open files on the nodes"),
            (
                ConfigChange,
                "lower the number of shuffle partitions or of output partitions per task",
            ),
        ],
        ..CauseKind::USUAL
    },
];
