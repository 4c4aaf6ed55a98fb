//! Runs whose causes are known, and what a change of the rules would do to them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{LAKE_LOG, LAKE_RULE, adp, json, printed, text, write};

/// The golden run as a folder that `adp rules accuracy` reads.
fn keep(folder: &Path, golden: &str, change: impl Fn(&mut Value)) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
    let case = fs::read_to_string(from.join("case.json")).expect("a golden case");
    let case: Value = serde_json::from_str(&case).expect("JSON");
    let mut meta = json!({
        "class": case["class"], "exit_code": case["exit_code"],
        "root_cause_lines": {"driver.log": case["root_lines"]}, "wall_s": 16.5,
    });
    change(&mut meta);
    write(folder, &format!("{golden}/meta.json"), &meta.to_string());
    fs::copy(from.join("driver.log.gz"), folder.join(golden).join("driver.log.gz"))
        .expect("copied");
}

#[test]
fn accuracy_counts_classes_lines_alarms_and_how_sure_we_were() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    let runs = here.join("runs/spark");
    keep(&runs, "orders-daily-revenue-s35", |_| ());
    keep(&runs, "hr-headcount-s35", |_| ());
    keep(&runs, "flaky-lookup-s40", |_| ());
    let all = ["rules", "accuracy", "runs"];
    let limits = ["--min-class", "1", "--min-root", "1", "--max-false-alarms", "0"];
    let report = json(here, &[&all[..], &limits].concat(), 0);
    assert_eq!(report["class"], json!({"right": 3, "of": 3, "rate": 1.0}));
    assert_eq!(report["root_line"]["exact"], json!({"right": 2, "of": 2, "rate": 1.0}));
    assert_eq!(report["healthy"]["called_healthy"]["of"], 1);
    assert_eq!(report["misses"], json!([]));

    // Other truths, same runs: every answer is now wrong in its own way.
    keep(&runs, "orders-daily-revenue-s35", |meta| {
        meta["root_cause_lines"] = json!({});
        meta["acceptable_root_lines"] = json!([95]);
    });
    keep(&runs, "hr-headcount-s35", |meta| meta["class"] = json!("healthy"));
    keep(&runs, "flaky-lookup-s40", |meta| meta["class"] = json!("oom.driver"));
    let report = json(here, &all, 0);
    assert_eq!(report["class"]["right"], 1);
    assert_eq!(report["root_line"]["within_one"]["right"], 2);
    assert_eq!(report["root_line"]["exact"]["right"], 1);
    assert_eq!(report["healthy"]["false_alarms"], json!(["spark/hr-headcount-s35"]));
    assert_eq!(report["overlooked"], json!(["spark/flaky-lookup-s40"]));
    assert_eq!(report["classes"]["healthy"]["taken_for"], json!({"input.table_not_found": 1}));
    assert!(report["calibration"]["error"].as_f64().is_some_and(|error| error > 0.5), "{report}");
    let output = adp(here, &[&all[..], &limits].concat());
    let (page, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(error.contains("classes that are right: 0.333, and 1 is the least"), "{error}");
    assert!(page.contains("root is driver.log:95"), "{page}");
    let one = json(here, &["rules", "accuracy", "runs", "--only", "flaky"], 0);
    assert_eq!(one["class"]["of"], 1);
    printed(here, &["rules", "accuracy", "runs", "--only", "nothing"], 2);
}

#[test]
fn a_class_that_does_not_exist_is_a_mistake_of_whoever_wrote_it() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    let refused = |arguments: &[&str]| {
        let output = adp(here, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", text(&output.stdout));
        text(&output.stderr)
    };
    keep(&here.join("runs"), "hr-headcount-s35", |meta| {
        meta["alt_classes"] = json!(["input.nope"])
    });
    let error = refused(&["rules", "accuracy", "runs"]);
    assert!(error.contains("hr-headcount-s35/meta.json: input.nope is no class"), "{error}");
    for class in ["nope.x", "inp", "input.", ""] {
        let error = refused(&["rules", "list", "--class", class]);
        assert!(error.contains("is no class and no family of classes"), "{error}");
    }
    printed(here, &["rules", "list", "--class", "input"], 0);
    printed(here, &["rules", "list", "--class", "perf"], 0);
}

#[test]
fn a_change_is_replayed_over_old_failures_and_what_differs_is_told() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "runs/mart/driver.log", LAKE_LOG);
    write(here, "runs/mart/meta.json", "{\"class\": \"infra.disk_full\", \"exit_code\": 1}");
    keep(&here.join("runs"), "orders-daily-revenue-s35", |_| ());
    write(here, "pack/quota.toml", LAKE_RULE);
    let log = here.join("runs/mart/driver.log");
    let event = json!({"dag_id": "nightly", "task_id": "mart", "run_id": "r", "attempt": 1,
                       "local_log_path": log.display().to_string(), "exit_code": 1});
    write(here, "failures.jsonl", &format!("{event}\n{event}\n"));
    write(here, "adp.toml", &format!("[logs]\nroots = [\"{}\"]\n", here.join("runs").display()));

    let all = ["rules", "replay", "runs", "failures.jsonl"];
    let answer = json(here, &[&all[..], &["--pack", "pack"]].concat(), 1);
    assert_eq!((&answer["failures"], &answer["differ"]), (&json!(4), &json!(3)), "{answer}");
    let first = &answer["differences"][0];
    assert_eq!(
        (&first["name"], &first["after"]["class"]),
        (&json!("mart"), &json!("infra.disk_full"))
    );
    assert_ne!(first["before"]["class"], first["after"]["class"]);
    assert_ne!(answer["before"], answer["after"]);
    let page = printed(here, &[&all[..], &["--pack", "pack"]].concat(), 1);
    assert!(
        page.contains("mart: other class") && page.contains("3 of 4 failures would differ"),
        "{page}"
    );

    printed(here, &[&all[..], &["--disable", "noise.native_hadoop"]].concat(), 0);
    let output = adp(here, &all);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("name the change with --pack or --disable"));
}

/// Less than what was reached: a change of the rules may cost a run, and has to say why.
#[test]
fn runs_of_real_spark_are_told_as_well_as_ever() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for half in ["tuned-on", "held-out"] {
        let folder = format!("samples/runs/{half}");
        let limits = ["--min-class", "0.95", "--min-root", "0.94", "--max-false-alarms", "1"];
        printed(project, &[&["rules", "accuracy", &folder], &limits[..]].concat(), 0);
    }
}
