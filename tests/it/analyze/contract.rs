//! The object of `--format json` has every field, whatever the diagnosis: scripts hang on it.

use std::fs;

use serde_json::Value;

use super::folder_of;
use super::golden::cases;

const DIAGNOSIS: &[&str] = &[
    "class",
    "verdict",
    "confidence",
    "summary",
    "root_line",
    "source",
    "subject",
    "wrapped_by",
    "evidence",
    "metrics",
    "rivals",
    "next_steps",
];
const SUBJECT: &[&str] = &[
    "column",
    "candidates",
    "table",
    "path",
    "key",
    "class_name",
    "module",
    "exception",
    "function",
    "host",
    "limit",
    "actual",
    "error_class",
    "application_id",
    "executor",
    "stage",
];
const METRICS: &[&str] = &["checked", "verdict", "detail", "findings"];
const FINDING: &[&str] =
    &["kind", "stage", "class", "value", "operator", "key", "threshold", "unit", "text"];
const FIX: &[&str] = &[
    "status",
    "codemod",
    "applicability",
    "reason",
    "explanation",
    "files",
    "diff",
    "gates",
    "written",
];
const LOG: &[&str] = &["name", "role", "status", "lines", "bytes", "detail"];
const LINE: &[&str] = &["file", "line", "text"];

#[test]
fn every_field_is_there_whatever_the_diagnosis() {
    let mut verdicts = Vec::new();
    for case in cases() {
        let object = expected(&case);
        let diagnosis = &object["diagnosis"];
        has(&case, &object, &["diagnosis", "fix", "logs"]);
        has(&case, diagnosis, DIAGNOSIS);
        has(&case, &diagnosis["subject"], SUBJECT);
        has(&case, &diagnosis["metrics"], METRICS);
        has(&case, &object["fix"], FIX);
        for line in ["root_line", "source"] {
            if !diagnosis[line].is_null() {
                has(&case, &diagnosis[line], LINE);
            }
        }
        each(&case, &diagnosis["evidence"], &["file", "line", "says", "text"]);
        each(&case, &diagnosis["metrics"]["findings"], FINDING);
        each(&case, &diagnosis["rivals"], &["class", "confidence", "lost_because"]);
        each(&case, &diagnosis["next_steps"], &["kind", "text"]);
        each(&case, &object["fix"]["gates"], &["name", "result", "detail"]);
        each(&case, &object["logs"], LOG);
        verdicts.push(diagnosis["verdict"].as_str().expect("a text").to_owned());
    }
    verdicts.sort();
    verdicts.dedup();
    assert_eq!(verdicts, ["conclusive", "healthy", "inconclusive"], "cases of each are needed");
}

#[test]
fn what_is_not_known_is_null_and_lists_are_lists() {
    let healthy = expected("worked-after-all");
    assert_eq!(healthy["diagnosis"]["class"], "healthy");
    assert_eq!(healthy["diagnosis"]["root_line"], Value::Null);
    assert_eq!(healthy["diagnosis"]["source"], Value::Null);
    assert_eq!(healthy["fix"]["diff"], Value::Null);
    let silent = expected("nothing-to-read");
    assert_eq!(silent["diagnosis"]["class"], "unknown");
    assert_eq!(silent["diagnosis"]["evidence"], Value::Array(Vec::new()));
    let skew = expected("skewed-join");
    assert_eq!(skew["diagnosis"]["metrics"]["checked"], "event_log");
    assert_eq!(skew["diagnosis"]["evidence"][0]["line"], Value::Null, "metrics have no line");
}

fn expected(case: &str) -> Value {
    let text = fs::read_to_string(folder_of(case).join("expected.json")).expect("a golden answer");
    serde_json::from_str(&text).expect("JSON")
}

fn each(case: &str, list: &Value, fields: &[&str]) {
    for item in list.as_array().expect("a list") {
        has(case, item, fields);
    }
}

fn has(case: &str, object: &Value, fields: &[&str]) {
    let mut there: Vec<&str> =
        object.as_object().expect("an object").keys().map(|k| &**k).collect();
    let mut wanted = fields.to_vec();
    there.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(there, wanted, "{case}");
}
