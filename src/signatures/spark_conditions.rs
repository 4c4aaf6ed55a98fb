//! Holds the built-in signatures against every error condition that Spark documents, rendered in the
//! forms in which logs show them.

use std::collections::BTreeSet;

use adp_scanner::{Kind, Pack};

/// Its head says what the columns are and where they come from.
const TABLE: &str = include_str!("spark_conditions.tsv");

/// One line of the table.
struct Condition<'a> {
    /// The failure class, or `wrapper`.
    class: &'a str,
    name: &'a str,
    /// `-` without one, `python` where PySpark itself raises the condition.
    sql_state: &'a str,
    versions: &'a str,
    template: &'a str,
}

#[test]
fn every_condition_of_spark_gets_its_class_in_every_form() {
    let pack = super::built_in().expect("the built-in pack loads");
    let conditions = conditions();
    assert!(conditions.len() > 1_400, "the table has only {} lines", conditions.len());
    let mut wrong = Vec::new();
    for condition in &conditions {
        for version in condition.versions.split(',') {
            for log in condition.logs(version) {
                let found = class_of(&pack, &log);
                if found != condition.class {
                    wrong.push(format!(
                        "{} as {found:?}, not {}: {log}",
                        condition.name, condition.class
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} forms are misread:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_quoted_condition_is_no_failure() {
    let pack = super::built_in().expect("the built-in pack loads");
    for condition in conditions() {
        let name = condition.name;
        for log in [
            format!(
                "26/11/23 10:00:00 INFO SparkSqlParser: SELECT * FROM failures WHERE kind = '[{name}]'"
            ),
            format!("26/11/23 10:00:00 INFO Main: retry.on=[{name}],[OTHER]"),
            format!("{name} is handled by the job"),
        ] {
            assert_eq!(class_of(&pack, &log), "", "{log}");
        }
    }
}

#[test]
fn a_condition_names_what_a_fix_needs() {
    let pack = super::built_in().expect("the built-in pack loads");
    let cases: &[(&str, &[(&str, &str)])] = &[
        (
            "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `o`.`amt` cannot be resolved. Did you mean one of the following? [`o`.`amount`, `o`.`name`]. SQLSTATE: 42703;",
            &[("column", "`o`.`amt`"), ("candidates", "`o`.`amount`, `o`.`name`")],
        ),
        (
            "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name amt cannot be resolved. Did you mean one of the following? [amount].",
            &[("plain_column", "amt"), ("candidates", "amount")],
        ),
        (
            "[CANNOT_RESOLVE_STAR_EXPAND] Cannot resolve `x`.* given input columns `id`, `amount`. Please check it.",
            &[("column", "`x`"), ("listed_candidates", "`id`, `amount`")],
        ),
        (
            "[AMBIGUOUS_REFERENCE] Reference `id` is ambiguous, could be: [`a`.`id`, `b`.`id`]. SQLSTATE: 42704",
            &[("column", "`id`"), ("candidates", "`a`.`id`, `b`.`id`")],
        ),
        (
            "[INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST] Cannot write incompatible data for the table `mart`.`orders`: Cannot safely cast `amount` \"STRING\" to \"INT\". SQLSTATE: KD000",
            &[
                ("table", "`mart`.`orders`"),
                ("column", "`amount`"),
                ("actual", "\"STRING\""),
                ("expected", "\"INT\""),
            ],
        ),
        (
            "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] Cannot resolve \"sum(a)\" due to data type mismatch: The first parameter requires the \"NUMERIC\" type, however \"a\" has the type \"DATE\". SQLSTATE: 42K09",
            &[("needed_expected", "\"NUMERIC\""), ("actual", "\"DATE\"")],
        ),
        (
            "[CAST_OVERFLOW] The value 3000000000L of the type \"BIGINT\" cannot be cast to \"INT\" due to an overflow.",
            &[("value", "3000000000L"), ("to", "\"INT\"")],
        ),
        (
            "[LOAD_DATA_PATH_NOT_EXISTS] LOAD DATA input path does not exist: file:/x/y. SQLSTATE: 42K03",
            &[("path", "file:/x/y")],
        ),
        (
            "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value 'many' in the config \"spark.sql.shuffle.partitions\" is invalid. SQLSTATE: 22022",
            &[("key", "spark.sql.shuffle.partitions")],
        ),
        (
            "Total size of serialized results of 9 tasks (10.1 MiB) is bigger than spark.driver.maxResultSize (10.0 MiB)",
            &[("actual", "10.1 MiB"), ("limit", "10.0 MiB")],
        ),
    ];
    for (message, expected) in cases {
        let log = format!("org.apache.spark.SparkException: {message}");
        let report = adp_scanner::scan(&pack, log.as_bytes());
        let captures = report.hits.iter().flat_map(|hit| &hit.captures);
        let found: BTreeSet<_> = captures.map(|(name, value)| (&**name, &**value)).collect();
        for capture in *expected {
            assert!(found.contains(capture), "{message} gives {found:?}, not {capture:?}");
        }
    }
}

fn conditions() -> Vec<Condition<'static>> {
    let mut class = "";
    let mut conditions = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix("== ") {
            class = heading;
            continue;
        }
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (name, sql_state, versions, template) = (cell(), cell(), cell(), cell());
        assert!(!class.is_empty() && !versions.is_empty(), "{line:?} is no line of the table");
        conditions.push(Condition { class, name, sql_state, versions, template });
    }
    conditions
}

/// What the findings of a log come to: its class, `wrapper`, or nothing.
fn class_of(pack: &Pack, log: &str) -> String {
    let report = adp_scanner::scan(pack, log.as_bytes());
    let found = report.hits.iter().filter_map(|hit| pack.get(&hit.signature));
    let mut classes: BTreeSet<&str> = found
        .filter_map(|signature| match signature.kind {
            Kind::Cause => signature.class.as_deref(),
            Kind::Wrapper => Some("wrapper"),
            _ => None,
        })
        .collect();
    // The diagnosis, too, drops what only says "an exception" where another says which.
    for general in ["python.driver_exception", "wrapper"] {
        if classes.len() > 1 {
            classes.remove(general);
        }
    }
    classes.into_iter().collect::<Vec<_>>().join(" and ")
}

impl Condition<'_> {
    /// The condition as logs of this version show it: raised in Python, in the JVM, below the line
    /// that names the exception, and in a structured log.
    fn logs(&self, version: &str) -> Vec<String> {
        let message = format!("[{}] {}", self.name, filled(self.template));
        if self.sql_state == "python" {
            return vec![format!("pyspark.errors.exceptions.base.PySparkRuntimeError: {message}")];
        }
        let message = match self.sql_state {
            state if version != "3.5" && state != "-" => format!("{message} SQLSTATE: {state}"),
            _ => message,
        };
        let record = serde_json::json!({
            "ts": "2026-11-23T10:00:00.000Z",
            "level": "ERROR",
            "msg": "Exception in task 0.0 in stage 1.0 (TID 1)",
            "exception": {
                "class": "org.apache.spark.SparkException",
                "msg": message,
                "stacktrace": [],
            },
            "logger": "Executor",
        });
        vec![
            format!("pyspark.errors.exceptions.captured.AnalysisException: {message}"),
            format!("org.apache.spark.SparkException: {message}"),
            format!("pyspark.errors.exceptions.captured.ParseException: \n{message}"),
            record.to_string(),
        ]
    }
}

/// The template with a plausible value for each `<placeholder>`.
fn filled(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let is_word =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match after.split_once('>').filter(|(name, _)| !name.is_empty() && is_word(name)) {
            Some((name, after)) => {
                text.push_str(&value_of(name, before.ends_with(['`', '\'', '"'])));
                rest = after;
            }
            None => {
                text.push('<');
                rest = after;
            }
        }
    }
    text + rest
}

/// Quoted as Spark quotes values of this kind, unless the template does.
fn value_of(placeholder: &str, is_quoted: bool) -> String {
    const KINDS: [(&[&str], &str, &str); 7] = [
        (&["version"], "3.11", ""),
        (&["num", "size", "limit", "count", "length", "bytes", "index", "memory"], "3", ""),
        (&["type"], "INT", "\""),
        (&["path", "file", "location"], "file:/lake/orders/part-1", ""),
        (&["conf", "key"], "spark.sql.ansi.enabled", "\""),
        (&["operator", "package", "provider", "format"], "delta", ""),
        (&["message", "reason", "error"], "it did not work", ""),
    ];
    let placeholder = placeholder.to_ascii_lowercase();
    let is_of = |(words, _, _): &&(&[&str], &str, &str)| {
        words.iter().any(|word| placeholder.contains(word))
    };
    let (value, quote) =
        KINDS.iter().find(is_of).map_or(("amount", "`"), |(_, value, quote)| (*value, *quote));
    if is_quoted { value.to_owned() } else { format!("{quote}{value}{quote}") }
}
