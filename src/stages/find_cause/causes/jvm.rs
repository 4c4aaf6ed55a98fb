//! User code in Java or Scala on the driver.

use super::{CauseKind, Refined, Strength};
use crate::records::log_summary::TraceLanguage;
use crate::records::root_cause::StepKind::CodePatch;
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[CauseKind {
    class: "jvm.driver_exception",
    what: "User code on the driver raised an exception, in Java or Scala.",
    mistaken_for: "What Spark throws through it has a cause of its own: look at the whole chain.",
    says: "{file|the job} raised {exception|an exception}{message_hint|}{at_hint|}",
    strength: Strength::General,
    told_quietly: true,
    steps: &[(CodePatch, "correct {at|the line that raised it}")],
    refine: whose_code,
    ..CauseKind::USUAL
}];

/// What Spark and its libraries throw themselves says more by its own signatures than by having
/// come through the job.
fn whose_code(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let thrown = sighting.thrown();
    let told = || sighting.finding.and_then(|finding| finding.captures.get("exception"));
    let name = thrown.map(|thrown| &thrown.exception).or_else(told);
    let is_java = thrown.is_none_or(|thrown| thrown.language == TraceLanguage::Java);
    let is_platforms = name.is_none_or(|name| is_of_platform(name));
    let is_of_users = thrown.is_none_or(|thrown| {
        let mut frames = thrown.frames.iter();
        thrown.frames.is_empty() || frames.any(|frame| is_users(&frame.function))
    });
    if is_java && !is_platforms && is_of_users { Refined::Same } else { Refined::No }
}

fn is_of_platform(name: &str) -> bool {
    const PLATFORM: [&str; 5] =
        ["org.apache.", "org.sparkproject.", "py4j.", "com.databricks.", "io.delta."];
    PLATFORM.iter().any(|package| name.starts_with(package))
}

fn is_users(function: &str) -> bool {
    const RUNTIME: [&str; 7] =
        ["java.", "javax.", "jdk.", "sun.", "com.sun.", "scala.", "java.base/"];
    !is_of_platform(function) && !RUNTIME.iter().any(|package| function.starts_with(package))
}
