//! Settings.

use super::CauseKind;
use crate::records::root_cause::StepKind::ConfigChange;

pub(super) const CAUSES: &[CauseKind] = &[CauseKind {
    class: "config.invalid",
    what: "A setting is wrong.",
    mistaken_for: "The JVM does not come up, which looks like a crash.",
    says: "the setting {key|of the job} is not valid",
    steps: &[(ConfigChange, "correct {key|the setting}")],
    ..CauseKind::USUAL
}];
