//! The settings we know: since when they exist, when they can still change, what values they take.
//!
//! `spark.conf.set` accepts unknown keys in silence, so a key that is not here is refused. Defaults are
//! those of Apache Spark 3.5 to 4.1; platforms that sell Spark change some of them.

use crate::request::SparkLine;

/// A setting of Spark.
#[derive(Debug)]
pub(crate) struct Setting {
    pub key: &'static str,
    pub since: SparkLine,
    pub when: When,
    pub value: Value,
    /// Spark's own default, where it is one fixed text.
    default: Option<&'static str>,
    /// The default since 4.0, where that is another.
    default_since_4: Option<&'static str>,
}

impl Setting {
    pub fn default_on(&self, spark: SparkLine) -> Option<&'static str> {
        match self.default_since_4 {
            Some(default) if spark >= SparkLine::V4_0 => Some(default),
            _ => self.default,
        }
    }
}

/// Until when a setting can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Any time, by the session.
    Runtime,
    /// Before the application starts; setting it later does nothing or raises CANNOT_MODIFY_CONFIG.
    Launch,
}

/// The values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    Flag,
    /// Inclusive bounds.
    Whole(i64, i64),
    /// A size such as `64MB`, or a number of bytes; -1 where it switches the feature off.
    Size {
        or_off: bool,
    },
    /// A decimal number above zero.
    Factor,
    /// Seconds, or a text such as `300s`.
    Duration,
    OneOf(&'static [&'static str]),
    Text,
}

impl Value {
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Flag => matches!(text, "true" | "false"),
            Self::Whole(least, most) => {
                text.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number))
            }
            Self::Size { or_off } => (or_off && text == "-1") || is_size(text),
            Self::Factor => {
                text.parse::<f64>().is_ok_and(|number| number > 0.0 && number.is_finite())
            }
            Self::Duration => is_number_with_unit(text, &["", "s", "ms", "m", "min", "h"]),
            Self::OneOf(choices) => choices.contains(&text),
            Self::Text => !text.is_empty(),
        }
    }
}

pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Whether a key we do not list belongs to a family that is fixed at launch.
pub(crate) fn is_launch_family(key: &str) -> bool {
    const FAMILIES: [&str; 10] = [
        "spark.driver.",
        "spark.executor.",
        "spark.yarn.",
        "spark.kubernetes.",
        "spark.submit.",
        "spark.memory.",
        "spark.dynamicAllocation.",
        "spark.shuffle.",
        "spark.jars",
        "spark.network.",
    ];
    FAMILIES.iter().any(|family| key.starts_with(family))
}

fn is_size(text: &str) -> bool {
    let units = ["", "b", "k", "kb", "m", "mb", "g", "gb", "t", "tb"];
    is_number_with_unit(&text.to_ascii_lowercase(), &units)
}

fn is_number_with_unit(text: &str, units: &[&str]) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && units.contains(&&text[digits..])
}

const fn runtime(key: &'static str, value: Value, default: &'static str) -> Setting {
    Setting {
        key,
        since: SparkLine::V3_5,
        when: When::Runtime,
        value,
        default: Some(default),
        default_since_4: None,
    }
}

/// Strict in 3.5, and since 4.0 as the calendar of today has it.
const fn calendar(key: &'static str) -> Setting {
    Setting { default_since_4: Some("CORRECTED"), ..runtime(key, CALENDAR, "EXCEPTION") }
}

const fn launch(key: &'static str, value: Value) -> Setting {
    Setting { when: When::Launch, default: None, ..runtime(key, value, "") }
}

const CALENDAR: Value = Value::OneOf(&["EXCEPTION", "LEGACY", "CORRECTED"]);
const COUNT: Value = Value::Whole(1, 1_000_000);

static SETTINGS: &[Setting] = &[
    runtime("spark.sql.adaptive.enabled", Value::Flag, "true"),
    runtime("spark.sql.adaptive.skewJoin.enabled", Value::Flag, "true"),
    runtime("spark.sql.adaptive.skewJoin.skewedPartitionFactor", Value::Factor, "5.0"),
    runtime(
        "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes",
        Value::Size { or_off: false },
        "256MB",
    ),
    runtime("spark.sql.adaptive.forceOptimizeSkewedJoin", Value::Flag, "false"),
    runtime("spark.sql.adaptive.coalescePartitions.enabled", Value::Flag, "true"),
    runtime(
        "spark.sql.adaptive.advisoryPartitionSizeInBytes",
        Value::Size { or_off: false },
        "64MB",
    ),
    Setting {
        default: None,
        ..runtime("spark.sql.adaptive.autoBroadcastJoinThreshold", Value::Size { or_off: true }, "")
    },
    runtime("spark.sql.autoBroadcastJoinThreshold", Value::Size { or_off: true }, "10MB"),
    runtime("spark.sql.broadcastTimeout", Value::Duration, "300"),
    runtime("spark.sql.shuffle.partitions", COUNT, "200"),
    runtime("spark.sql.files.maxPartitionBytes", Value::Size { or_off: false }, "128MB"),
    runtime("spark.sql.files.maxRecordsPerFile", Value::Whole(0, i64::MAX), "0"),
    runtime("spark.sql.files.ignoreCorruptFiles", Value::Flag, "false"),
    runtime("spark.sql.files.ignoreMissingFiles", Value::Flag, "false"),
    calendar("spark.sql.parquet.datetimeRebaseModeInRead"),
    calendar("spark.sql.parquet.datetimeRebaseModeInWrite"),
    calendar("spark.sql.parquet.int96RebaseModeInRead"),
    calendar("spark.sql.parquet.int96RebaseModeInWrite"),
    runtime("spark.sql.parquet.enableVectorizedReader", Value::Flag, "true"),
    runtime("spark.sql.orc.enableVectorizedReader", Value::Flag, "true"),
    runtime("spark.sql.parquet.mergeSchema", Value::Flag, "false"),
    runtime(
        "spark.sql.sources.partitionOverwriteMode",
        Value::OneOf(&["STATIC", "DYNAMIC"]),
        "STATIC",
    ),
    calendar("spark.sql.legacy.timeParserPolicy"),
    runtime("spark.sql.execution.arrow.maxRecordsPerBatch", COUNT, "10000"),
    runtime("spark.sql.execution.arrow.pyspark.enabled", Value::Flag, "false"),
    runtime("spark.sql.caseSensitive", Value::Flag, "false"),
    runtime("spark.sql.codegen.wholeStage", Value::Flag, "true"),
    runtime("spark.sql.codegen.maxFields", COUNT, "100"),
    runtime("spark.sql.optimizer.maxIterations", COUNT, "100"),
    Setting {
        since: SparkLine::V4_1,
        default: None,
        ..runtime("spark.sql.execution.arrow.maxBytesPerBatch", Value::Size { or_off: true }, "")
    },
    launch("spark.driver.memory", Value::Size { or_off: false }),
    launch("spark.driver.memoryOverhead", Value::Size { or_off: false }),
    launch("spark.driver.cores", COUNT),
    launch("spark.driver.maxResultSize", Value::Size { or_off: false }),
    launch("spark.driver.extraJavaOptions", Value::Text),
    launch("spark.executor.memory", Value::Size { or_off: false }),
    launch("spark.executor.memoryOverhead", Value::Size { or_off: false }),
    launch("spark.executor.pyspark.memory", Value::Size { or_off: false }),
    launch("spark.executor.cores", COUNT),
    launch("spark.executor.instances", COUNT),
    launch("spark.executor.heartbeatInterval", Value::Duration),
    launch("spark.executor.extraJavaOptions", Value::Text),
    launch("spark.memory.fraction", Value::Factor),
    launch("spark.memory.offHeap.size", Value::Size { or_off: false }),
    launch("spark.network.timeout", Value::Duration),
    launch("spark.rpc.message.maxSize", COUNT),
    launch("spark.kryoserializer.buffer.max", Value::Size { or_off: false }),
    launch("spark.serializer", Value::Text),
    launch("spark.shuffle.io.maxRetries", COUNT),
    launch("spark.shuffle.io.retryWait", Value::Duration),
    launch("spark.task.maxFailures", COUNT),
    launch("spark.jars", Value::Text),
    launch("spark.jars.packages", Value::Text),
    launch("spark.submit.deployMode", Value::OneOf(&["client", "cluster"])),
    launch("spark.submit.pyFiles", Value::Text),
    launch("spark.master", Value::Text),
    launch("spark.sql.extensions", Value::Text),
    launch("spark.sql.warehouse.dir", Value::Text),
    launch("spark.sql.catalogImplementation", Value::OneOf(&["hive", "in-memory"])),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_setting() {
        for setting in SETTINGS {
            for default in setting.default.into_iter().chain(setting.default_since_4) {
                assert!(setting.value.accepts(default), "{}: {default}", setting.key);
            }
        }
    }

    #[test]
    fn no_setting_stands_twice() {
        for (index, setting) in SETTINGS.iter().enumerate() {
            let first = SETTINGS.iter().position(|other| other.key == setting.key);
            assert_eq!(first, Some(index), "{}", setting.key);
        }
    }

    #[test]
    fn values_are_read_as_spark_reads_them() {
        assert!(Value::Size { or_off: true }.accepts("-1"));
        assert!(!Value::Size { or_off: false }.accepts("-1"));
        assert!(Value::Size { or_off: false }.accepts("64MB"));
        assert!(!Value::Size { or_off: false }.accepts("64 MB"));
        assert!(Value::Duration.accepts("300s"));
        assert!(!Value::Whole(1, 9).accepts("10"));
    }
}
