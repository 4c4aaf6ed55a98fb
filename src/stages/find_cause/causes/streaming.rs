//! Streaming queries and their checkpoints.

use super::CauseKind;
use crate::records::root_cause::StepKind::{CodePatch, DataFix};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "streaming.query_failed",
        what: "A batch of a streaming query failed.",
        mistaken_for: "StreamingQueryException wraps the real cause.",
        says: "a batch of the stream failed: {exception|an exception}{message_hint|}",
        steps: &[
            (CodePatch, "correct {at|the function that failed}"),
            (DataFix, "look at the records of the failed batch"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "streaming.invalid_query",
        what: "A streaming query asks for something that streams cannot do.",
        mistaken_for: "It fails before any data is read.",
        says: "the streaming query asks for something that streams cannot do",
        steps: &[(CodePatch, "use an output mode, watermark or operation that the query allows")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "streaming.checkpoint_incompatible",
        what: "The state in the checkpoint does not fit the query any more.",
        mistaken_for: "It is not corrupt: the query changed.",
        says: "the checkpoint does not fit the changed query",
        steps: &[
            (
                DataFix,
                "start from a new checkpoint location, after deciding what happens to the old state",
            ),
            (CodePatch, "take back the change of keys or types of the stateful operation"),
        ],
        ..CauseKind::USUAL
    },
];
