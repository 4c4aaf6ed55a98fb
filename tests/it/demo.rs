//! The demo as a newcomer runs it: what it says became of the failures is there to be seen.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use adp::cli::demo::live::{Live, Style};
use adp::cli::demo::paint::Paint;
use adp::cli::demo::report::Report;
use adp::cli::demo::workplace::{Cluster, Workplace};
use adp::cli::demo::{Demo, run_through};
use adp::registry::{self, Store};
use expect_test::expect_file;
use serde_json::Value;

use crate::conformance::targets;

/// Far more than a loaded machine needs.
const DEADLINE: Duration = Duration::from_secs(120);
const PLAIN: Paint = Paint { colours: false };

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_ends_where_the_table_says() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let place = Workplace::at(folder.path()).expect("an empty folder");
    let mut live = Live { out: Vec::new(), style: Style::Lines, paint: PLAIN, width: 100 };
    let demo = run_through(&place, DEADLINE, &mut live).await.expect("it runs");
    let Demo { service, walk, .. } = demo;
    service.stop().await;

    let report = Report::of(&walk, &place);
    expect_file!["demo/table.txt"].assert_eq(&report.table(PLAIN, 100));
    let json = serde_json::to_value(&report).expect("plain data");
    expect_file!["demo/report.json"].assert_eq(&format!("{:#}\n", without(&json, place.root())));
    assert_eq!(report.tally(), TALLY);
    let judged: Vec<usize> = walk.journeys.iter().map(|journey| journey.judged).collect();
    assert_eq!(judged, [1; 12], "an event that is sent twice is one failure");
    pull_requests_lie_in_git(&json, &place);
    messages_lie_in_the_outbox(&json, &place);
    every_step_of_each_was_shown(&String::from_utf8(live.out).expect("text"), &json);
}

#[test]
fn it_runs_on_real_kafka_too() {
    targets::alone_on_real_kafka(|bootstrap| {
        let async_runtime = tokio::runtime::Runtime::new().expect("an async runtime");
        let table = async_runtime.block_on(async {
            let schemas = registry::serve(Arc::new(Store::in_memory()), ([127, 0, 0, 1], 0).into());
            let schemas = schemas.await.expect("a free port");
            let folder = tempfile::tempdir().expect("temporary folder");
            let cluster = Cluster { bootstrap: bootstrap.to_owned(), registry: schemas.url() };
            let place = Workplace::at(folder.path()).expect("an empty folder").on(cluster);
            let mut live = Live { out: Vec::new(), style: Style::Silent, paint: PLAIN, width: 100 };
            let demo = run_through(&place, DEADLINE, &mut live).await.expect("it runs");
            let table = Report::of(&demo.walk, &place).table(PLAIN, 100);
            demo.service.stop().await;
            schemas.stop().await;
            table
        });
        expect_file!["demo/table.txt"].assert_eq(&table);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_it_and_the_rest_is_said_to_wait() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let place = Workplace::at(folder.path()).expect("an empty folder");
    let mut live = Live { out: Vec::new(), style: Style::Silent, paint: PLAIN, width: 100 };
    let demo = run_through(&place, Duration::ZERO, &mut live).await.expect("it starts");
    demo.service.stop().await;
    let report = Report::of(&demo.walk, &place);
    assert!(!report.complete);
    assert!(report.failures.iter().any(|row| row.waits_for.is_some()));
    assert!(report.tally().contains("unfinished"), "{}", report.tally());
    assert!(live.out.is_empty(), "nothing but the report is printed");
}

const TALLY: &str = "5 pull requests, 1 fix refused, 3 with advice, 1 no matter of code, \
                     1 not certain, 1 healthy";

#[test]
fn the_program_says_so_and_exits_with_0() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let place = folder.path().join("made for it");
    let output = adp(&["demo", "--format", "json", "--dir", &text(&place)]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("one object");
    let place = place.canonicalize().expect("it was made");
    expect_file!["demo/report.json"].assert_eq(&format!("{:#}\n", without(&json, &place)));

    // The settings that it leaves are good ones: other commands read them.
    let settings = text(&place.join("adp.toml"));
    let output = adp(&["--settings", &settings, "config"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let output = adp(&["demo", "--dir", &text(&place)]);
    assert_eq!(output.status.code(), Some(2), "a folder that is in use is left alone");
}

fn pull_requests_lie_in_git(report: &Value, place: &Workplace) {
    let git = git2::Repository::open(place.repository()).expect("a repository");
    let main = git.find_branch("main", git2::BranchType::Local).expect("main");
    let main = main.get().peel_to_commit().expect("a commit").id();
    let mut branches = BTreeSet::new();
    for failure in failures(report) {
        let Some(branch) = failure["pull_request"]["branch"].as_str() else { continue };
        let tip = git.find_branch(branch, git2::BranchType::Local).expect(branch);
        let tip = tip.get().peel_to_commit().expect("a commit");
        assert_eq!(tip.parent_id(0).ok(), Some(main), "{branch}");
        let page = failure["pull_request"]["text"].as_str().expect("a file");
        let page = std::fs::read_to_string(page).expect(page);
        assert!(page.contains(branch), "{branch}");
        branches.insert(branch.to_owned());
    }
    let all = git.branches(Some(git2::BranchType::Local)).expect("branches");
    let all = all.map(|branch| branch.unwrap().0.name().unwrap().unwrap().to_owned());
    branches.insert("main".to_owned());
    assert_eq!(all.collect::<BTreeSet<_>>(), branches);
}

fn messages_lie_in_the_outbox(report: &Value, place: &Workplace) {
    let told: BTreeSet<PathBuf> = failures(report)
        .iter()
        .map(|failure| failure["message"].as_str().unwrap().into())
        .collect();
    let lying = std::fs::read_dir(place.outbox()).expect("the outbox");
    let lying: BTreeSet<PathBuf> = lying.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(lying, told);
    for message in &lying {
        let text = std::fs::read_to_string(message).expect("a message");
        assert!(text.contains("\nfinal: true\n"), "{text}");
        assert!(!text.contains("Still to come"), "{text}");
    }
}

fn every_step_of_each_was_shown(shown: &str, report: &Value) {
    for failure in failures(report) {
        let pipeline = failure["pipeline"].as_str().expect("a name");
        for step in ["read_logs", "find_cause", "check_metrics", "write_fix", "open_pr", "deliver"]
        {
            let is_it = |line: &&str| line.contains(step) && line.contains(pipeline);
            assert!(shown.lines().any(|line| is_it(&line)), "{pipeline} {step}: {shown}");
        }
    }
}

fn failures(report: &Value) -> &Vec<Value> {
    report["failures"].as_array().expect("a list")
}

/// The report with the folder's name taken out.
fn without(report: &Value, folder: &Path) -> Value {
    serde_json::from_str(&report.to_string().replace(&text(folder), "FOLDER")).expect("JSON")
}

fn adp(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_adp")).args(args).output().expect("the program starts")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
