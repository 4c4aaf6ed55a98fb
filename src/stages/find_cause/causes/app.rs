//! What the job itself says is wrong.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{DataFix, UpstreamContact};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[CauseKind {
    class: "app.data_quality",
    what: "The job's own check of its data stopped it.",
    mistaken_for: "It is no fault of the job: it did what it should.",
    says: "the job's own data check failed{message_hint|}",
    told_quietly: true,
    ceiling: 0.95,
    steps: &[
        (DataFix, "look at the data that the check names"),
        (UpstreamContact, "ask the producer of the data"),
    ],
    refine: meant_so,
    ..CauseKind::USUAL
}];

/// Words about quality in passing say nothing; a line that is only printed must say so in a form
/// of its own. What a function says of its row is an exception of that function.
fn meant_so(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_of = |id: &str| sighting.finding.is_some_and(|finding| finding.signature == id);
    let is_told = sighting.is_in_trace()
        || sighting.is_loud()
        || sighting.is_complaint()
        || run.is_last_word(sighting)
        || is_of("app.check_printed");
    if !is_told || is_of("app.validation") && sighting.is_from_worker() {
        Refined::No
    } else {
        Refined::Same
    }
}
