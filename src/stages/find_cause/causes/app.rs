//! What the job itself says is wrong.

use super::CauseKind;
use crate::records::root_cause::StepKind::{DataFix, UpstreamContact};

pub(super) const CAUSES: &[CauseKind] = &[CauseKind {
    class: "app.data_quality",
    what: "The job's own check of its data stopped it.",
    mistaken_for: "It is no fault of the job: it did what it should.",
    says: "the job's own data check failed{message_hint|}",
    ceiling: 0.95,
    steps: &[
        (DataFix, "look at the data that the check names"),
        (UpstreamContact, "ask the producer of the data"),
    ],
    ..CauseKind::USUAL
}];
