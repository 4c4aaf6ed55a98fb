//! What to do about the classes that only metrics show.

use crate::records::root_cause::{NextStep, StepKind};

/// The next steps for a class, the most promising first.
pub fn next_steps(class: &str) -> Vec<NextStep> {
    let steps: &[(StepKind, &str)] = match class {
        "perf.skew" => &[
            (
                StepKind::CodePatch,
                "broadcast the small side of the join, or salt the key; treat null keys apart",
            ),
            (
                StepKind::ConfigChange,
                "let Spark split it: spark.sql.adaptive.enabled and spark.sql.adaptive.skewJoin.enabled",
            ),
        ],
        "perf.straggler" => &[
            (StepKind::Infrastructure, "look at the node and the services that the slow task used"),
            (StepKind::ConfigChange, "let another node try in parallel: spark.speculation"),
        ],
        "perf.spill" => &[(
            StepKind::ConfigChange,
            "more and smaller partitions (spark.sql.shuffle.partitions), or more memory per task",
        )],
        "perf.small_files" => &[
            (StepKind::CodePatch, "compact the input, or coalesce where it is written"),
            (StepKind::UpstreamContact, "ask whoever writes these files for fewer and larger ones"),
        ],
        "perf.exploding_join" => {
            &[(StepKind::CodePatch, "join on the full key, and make it unique on one side first")]
        }
        class if class.starts_with("oom.executor") => &[(
            StepKind::ConfigChange,
            "more memory per task: spark.executor.memory, or fewer cores per executor",
        )],
        _ => &[(StepKind::Collect, "the executor's own log around the failed tasks")],
    };
    steps.iter().map(|(kind, text)| NextStep { kind: *kind, text: (*text).to_owned() }).collect()
}
