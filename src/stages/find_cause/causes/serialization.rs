//! What was to be shipped to executors, and cannot be.

use super::CauseKind;
use crate::records::root_cause::StepKind::{CodePatch, ConfigChange};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "serialization.spark_context_in_udf",
        what: "Code that runs on executors refers to the SparkContext or SparkSession.",
        mistaken_for: "The PicklingError around it is only the messenger.",
        says: "{function|a function} that runs on executors uses the SparkContext",
        steps: &[(
            CodePatch,
            "compute on the driver what the function needs from Spark, and pass or broadcast the result",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "serialization.pickle",
        what: "An object that a function needs cannot be pickled.",
        mistaken_for: "A SparkContext in a UDF ends in a PicklingError, too.",
        says: "{class_name|an object} that a function needs cannot be pickled",
        echo_of: &["serialization.spark_context_in_udf"],
        steps: &[(
            CodePatch,
            "create {class_name|the object} inside the function, once per partition",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "serialization.task_not_serializable",
        what: "A Scala or Java closure holds something that is not serializable.",
        mistaken_for: "Task not serializable is the wrapper; the class is named below it.",
        says: "a closure holds {class_name|an object}, which is not serializable",
        steps: &[(
            CodePatch,
            "create {class_name|the object} inside the closure, or mark it @transient lazy",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "serialization.kryo_buffer",
        what: "An object does not fit into Kryo's buffer.",
        mistaken_for: "It is no lack of heap.",
        says: "an object needs {actual|more} bytes and does not fit into Kryo's buffer",
        steps: &[(ConfigChange, "raise spark.kryoserializer.buffer.max")],
        ..CauseKind::USUAL
    },
];
