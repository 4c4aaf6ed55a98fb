//! What the job itself says is wrong.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{DataFix, UpstreamContact};
use crate::stages::find_cause::run::{Run, Sighting};

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
    refine: meant_so,
    ..CauseKind::USUAL
}];

/// What a function on a worker says of its row is an exception of that function.
fn meant_so(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_validation =
        sighting.finding.is_some_and(|finding| finding.signature == "app.validation");
    if is_validation && sighting.is_from_worker() { Refined::No } else { Refined::Same }
}
