//! Shuffle data that got lost.

use super::{CauseKind, Strength};
use crate::records::root_cause::StepKind::{Collect, ConfigChange};

pub(super) const CAUSES: &[CauseKind] = &[CauseKind {
    class: "shuffle.fetch_failed",
    what: "Shuffle blocks were lost and the stage gave up.",
    mistaken_for: "Most often an executor died first: look for its reason.",
    says: "shuffle data was lost and could not be computed again",
    strength: Strength::General,
    echo_of: &["oom.", "infra.", "network.heartbeat_timeout"],
    ceiling: 0.93,
    steps: &[
        (Collect, "look at the logs of the executors that held the data"),
        (ConfigChange, "use the external shuffle service, or decommissioning that moves blocks"),
    ],
    ..CauseKind::USUAL
}];
