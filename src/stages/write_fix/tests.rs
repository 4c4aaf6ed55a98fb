//! Plans over jobs of real failures, and the step on real repositories.

use std::sync::Arc;

use adp_redact::Redactor;

use super::testing::*;
use super::*;
use crate::records::Topic;
use crate::records::diagnosis::{MetricFinding, MetricsReport, MetricsVerdict};
use crate::records::fix::{Applicability, GateResult};
use crate::records::root_cause::{NextStep, StepKind, Subject, Verdict};
use crate::runtime::{CrashPoint, Driver, Topology};
use crate::world::forge::testing::{FAILED_AT, GitFolder};

fn planned(cause: &Cause, path: &str, source: &str) -> (FixPlan, Option<String>) {
    plan_fix(Redactor::built_in(), cause, &unasked(), path, source)
}

/// Status, codemod and the lines that the diff adds.
fn short(plan: &FixPlan) -> (FixStatus, Option<&str>, Vec<&str>) {
    let lines = plan.diff.lines().skip(2).filter_map(|line| line.strip_prefix('+'));
    (plan.status, plan.codemod.as_deref(), lines.collect())
}

fn setting_key(key: &str) -> Subject {
    Subject { key: Some(key.to_owned()), ..Subject::default() }
}

fn step(kind: StepKind, text: &str) -> NextStep {
    NextStep { kind, text: text.to_owned() }
}

#[test]
fn a_renamed_column_is_renamed_back_behind_the_read_that_the_plan_shows() {
    let (plan, text) = planned(&renamed_orders(), "jobs/orders_daily_revenue.py", ORDERS);
    let added =
        "orders = spark.read.parquet(base + \"/orders\").withColumnRenamed(\"amount\", \"amt\")";
    assert_eq!(short(&plan), (FixStatus::Patched, Some("rename_column"), vec![added]));
    assert!(text.expect("a new text").contains(added));
    assert_eq!(plan.applicability, Some(Applicability::Safe));
    assert_eq!(plan.reason, "rename amount back to amt behind the read");
    assert!(plan.explanation[0].starts_with("Evidence: [UNRESOLVED_COLUMN"));
    assert!(plan.diff.starts_with("--- a/jobs/orders_daily_revenue.py\n+++ b/jobs/"));
    assert!(plan.gates.iter().any(|gate| gate.result == GateResult::Passed));
    assert!(plan.gates.iter().any(|gate| gate.result == GateResult::NotRun));
}

#[test]
fn without_the_plan_two_reads_leave_a_choice_and_the_choice_is_left_to_people() {
    let cause = Cause { evidence: Vec::new(), ..renamed_orders() };
    let (plan, text) = planned(&cause, "jobs/orders_daily_revenue.py", ORDERS);
    assert_eq!((plan.status, text), (FixStatus::Refused, None));
    assert!(plan.reason.contains("does not tell which one drifted"), "{}", plan.reason);
}

#[test]
fn a_second_run_finds_the_fix_in_place() {
    let (_, text) = planned(&renamed_orders(), "orders_daily_revenue.py", ORDERS);
    let (plan, none) =
        planned(&renamed_orders(), "orders_daily_revenue.py", &text.expect("a new text"));
    assert_eq!((plan.status, none), (FixStatus::Already, None));
}

#[test]
fn names_that_leave_a_choice_or_none_are_refused() {
    let with = |column: &str, candidates: &[&str]| {
        let mut cause = renamed_orders();
        cause.subject.column = Some(column.to_owned());
        cause.subject.candidates = candidates.iter().map(|name| (*name).to_owned()).collect();
        planned(&cause, "orders_daily_revenue.py", ORDERS).0
    };
    let plan = with("amt", &["amount", "amt_net"]);
    assert_eq!(plan.reason, "amt may have become amount or amt_net; a person must say which");
    let plan = with("amt", &["city"]);
    assert_eq!(plan.reason, "none of the columns that exist (city) resembles amt");
    let plan = with("amt", &[]);
    assert_eq!(plan.reason, "the log does not say what exists instead of amt");
    assert_eq!(plan.status, FixStatus::Refused);
    let aliased = with("o.amt", &["o.amount"]);
    assert_eq!(aliased.status, FixStatus::Patched);
}

#[test]
fn secrets_of_the_source_are_not_shown_and_not_changed() {
    let of = |source: &str| planned(&renamed_orders(), "orders_daily_revenue.py", source);
    let clean = of(ORDERS).0;
    let changed = clean.diff.lines().skip(2).find_map(|line| line.strip_prefix('-')).unwrap();
    let beside = clean.diff.lines().skip(2).find_map(|line| line.strip_prefix(' ')).unwrap();
    let with_secret = |line: &str| ORDERS.replacen(line, &format!("{line}  # password=hunter2"), 1);

    let (plan, content) = of(&with_secret(beside));
    assert_eq!(plan.status, FixStatus::Patched);
    assert!(plan.diff.contains("# password=[redacted:"), "{}", plan.diff);
    assert!(!plan.diff.contains("hunter2"), "{}", plan.diff);
    assert!(content.unwrap().contains("hunter2"), "the commit changes nothing else");

    let (plan, content) = of(&with_secret(changed));
    assert_eq!((plan.status, content), (FixStatus::Refused, None));
    assert_eq!(plan.reason, "a line that the fix changes holds a secret");
    assert_eq!(plan.diff, "");
}

#[test]
fn a_line_of_another_file_is_not_believed() {
    let cause = at(renamed_orders(), "/srv/etl/jobs/other.py", 19, ".agg(");
    let (plan, _) = planned(&cause, "jobs/orders_daily_revenue.py", ORDERS);
    assert!(plan.reason.contains("neither an input nor a line says"), "{}", plan.reason);
}

#[test]
fn a_column_missed_in_a_helper_is_renamed_where_it_is_read() {
    let cause = at(renamed_orders(), "/srv/etl/jobs/basket_metrics.py", 10, "");
    let (plan, _) = planned(&Cause { evidence: Vec::new(), ..cause }, "basket_metrics.py", BASKET);
    assert_eq!((plan.status, plan.codemod.as_deref()), (FixStatus::Patched, Some("rename_column")));
}

#[test]
fn ancient_dates_are_written_as_they_are_and_what_was_read_is_for_people() {
    let text =
        "SparkUpgradeException: [INCONSISTENT_BEHAVIOR_CROSS_VERSION.WRITE_ANCIENT_DATETIME]";
    let named =
        "You can set \"spark.sql.parquet.datetimeRebaseModeInWrite\" to \"LEGACY\" to rebase";
    let cause = a_cause("data.datetime_rebase", text, Subject::default());
    let plan = |cause: &Cause| planned(cause, "policy_archive.py", ARCHIVE).0;
    assert!(plan(&cause).reason.starts_with("a person must set what the whole message names"));
    let write = plan(&with_lines(cause.clone(), &[named]));
    assert_eq!(
        (write.status, write.codemod.as_deref()),
        (FixStatus::Patched, Some("session_setting"))
    );
    assert_eq!(write.applicability, Some(Applicability::Unsafe));
    assert!(write.diff.contains("datetimeRebaseModeInWrite\", \"CORRECTED\""), "{}", write.diff);
    let subject = setting_key("spark.sql.parquet.datetimeRebaseModeInRead");
    let read = plan(&Cause { subject, ..cause });
    assert_eq!(read.status, FixStatus::Hint);
    assert!(read.reason.contains("LEGACY where"), "{}", read.reason);
}

#[test]
fn a_slow_broadcast_gets_twice_its_time_and_at_least_ten_minutes() {
    let timeout = |limit: &str| {
        let text = "Could not execute broadcast in 10 secs. You can increase the timeout for \
                    broadcasts via \"spark.sql.broadcastTimeout\" or disable broadcast join";
        let limit = Some(limit.to_owned());
        let cause = a_cause("broadcast.timeout", text, Subject { limit, ..Subject::default() });
        planned(&cause, "route_costs.py", ROUTES).0.diff
    };
    assert!(timeout("10 secs").contains("\"spark.sql.broadcastTimeout\", \"600\""));
    assert!(timeout("400").contains("\"spark.sql.broadcastTimeout\", \"800\""));
    assert!(timeout("9999999").contains("\"spark.sql.broadcastTimeout\", \"3600\""));
}

#[test]
fn a_skewed_join_is_broadcast_only_where_the_small_side_was_measured() {
    let mut cause = a_cause("perf.skew", "", Subject::default());
    cause.root_line = None;
    cause.subject.path = Some("dim".to_owned());
    cause.next_steps = vec![step(StepKind::CodePatch, "broadcast the small side of the join")];
    let (unmeasured, _) = planned(&cause, "event_enrich.py", ENRICH);
    assert_eq!(unmeasured.status, FixStatus::Hint);
    assert_eq!(unmeasured.reason, "broadcast the small side of the join");
    let measured = |bytes: f64| {
        let finding = MetricFinding {
            kind: "small_join_side".to_owned(),
            stage: None,
            class: None,
            value: bytes,
            threshold: 0.0,
            unit: "bytes".to_owned(),
            text: "dim is small".to_owned(),
            ..MetricFinding::default()
        };
        let metrics = MetricsReport { findings: vec![finding], ..unasked() };
        plan_fix(Redactor::built_in(), &cause, &metrics, "event_enrich.py", ENRICH).0
    };
    let small = measured(4_000_000.0);
    assert_eq!(small.status, FixStatus::Patched, "{}", small.reason);
    assert!(small.diff.contains("+joined = events.join(F.broadcast(dim), \"customer_id\")"));
    assert_eq!(measured(4e12).status, FixStatus::Hint);
}

#[test]
fn adaptive_execution_that_the_job_switched_off_is_switched_on_again() {
    let cause = a_cause("perf.skew", "", Subject::default());
    let off = ENRICH.replace(
        ".getOrCreate()",
        ".config(\"spark.sql.adaptive.enabled\", \"false\").getOrCreate()",
    );
    let (plan, _) = planned(&cause, "event_enrich.py", &off);
    assert_eq!(
        (plan.status, plan.codemod.as_deref()),
        (FixStatus::Patched, Some("session_setting"))
    );
    assert_eq!(plan.reason, "set spark.sql.adaptive.enabled=true in the session");
}

#[test]
fn other_classes_have_their_codemods() {
    let subject = Subject { column: Some("customer_id".to_owned()), ..Subject::default() };
    let ambiguous = a_cause("schema.ambiguous_reference", "[AMBIGUOUS_REFERENCE]", subject);
    let (plan, _) = planned(&ambiguous, "customer_360.py", CUSTOMERS);
    assert_eq!((plan.status, plan.codemod.as_deref()), (FixStatus::Patched, Some("join_on_name")));

    let too_much = a_cause("oom.driver_result_size", "Total size of", Subject::default());
    let too_much = at(too_much, "/srv/etl/jobs/audit_dump.py", 13, "for r in lines.collect():");
    let (plan, _) = planned(&too_much, "audit_dump.py", AUDIT);
    assert_eq!(short(&plan).2, ["    for r in lines.toLocalIterator():"]);

    let function = Some("normalise".to_owned());
    let subject = Subject { function, ..Subject::default() };
    let root = "AttributeError: 'NoneType' object has no attribute 'strip'";
    let null = a_cause("python.udf_exception", root, subject);
    let line = "user, _, host = addr.strip().partition(\"@\")";
    let null = at(null, "/srv/etl/jobs/email_clean.py", 12, line);
    let (plan, _) = planned(&null, "email_clean.py", EMAIL);
    assert_eq!((plan.status, plan.codemod.as_deref()), (FixStatus::Patched, Some("null_guard")));
}

#[test]
fn where_code_cures_nothing_the_reason_says_so() {
    let with = |class: &str, steps: Vec<NextStep>| {
        let mut cause = a_cause(class, "", Subject::default());
        cause.next_steps = steps;
        let plan = planned(&cause, "a.py", "x = 1\n").0;
        (plan.status, plan.reason)
    };
    let launch = "spark.executor.memoryOverhead=2g where the job is launched";
    assert_eq!(
        with(
            "oom.executor_killed",
            vec![
                step(StepKind::Collect, "the executor's log"),
                step(StepKind::ConfigChange, launch),
            ]
        ),
        (FixStatus::Hint, launch.to_owned())
    );
    assert_eq!(
        with(
            "input.path_not_found",
            vec![step(StepKind::Rerun, "run again when the data is there")]
        ),
        (FixStatus::None, "no change of a job's source cures input.path_not_found".to_owned())
    );
    let unsure = Cause { verdict: Verdict::Inconclusive, ..renamed_orders() };
    let (plan, _) = planned(&unsure, "orders_daily_revenue.py", ORDERS);
    assert_eq!(plan.status, FixStatus::None);
    let refuted = MetricsReport { verdict: MetricsVerdict::Refutes, ..unasked() };
    let (plan, _) = plan_fix(
        Redactor::built_in(),
        &renamed_orders(),
        &refuted,
        "orders_daily_revenue.py",
        ORDERS,
    );
    assert_eq!(plan.reason, "what Spark measured speaks against the cause");
}

#[test]
fn a_fix_is_the_repository_and_its_edits_in_any_order() {
    let (a, b) = (["a.py", "rename_column", "x as y"], ["b.py", "rename_column", "x as y"]);
    assert_eq!(fix_id("jobs", [a, b]), fix_id("jobs", [b, a]));
    assert_ne!(fix_id("jobs", [a]), fix_id("jobs", [b]));
    assert_ne!(fix_id("jobs", [a]), fix_id("other", [a]));
}

const JOB: &str = "jobs/orders_daily_revenue.py";

fn driver(git: &GitFolder, pipelines: &str) -> Driver {
    let repository = Repository { pipelines: vec![pipelines.to_owned()], ..git.repository() };
    let step =
        WriteFix::new(Arc::new(Repositories::new(vec![repository])), Redactor::built_in().clone());
    let topology = Topology::fed_by([Topic::DIAGNOSES]).act(step).ending_in([Topic::FIXES]);
    Driver::new(topology, 3, FAILED_AT)
}

fn fixes(git: &GitFolder, diagnosis: &Diagnosis) -> Fix {
    let mut driver = driver(git, "sales.*");
    driver.pipe(diagnosis);
    driver.run_dry().expect("the step goes on");
    let fixes = driver.read::<Fix>();
    assert_eq!(fixes.len(), 1);
    fixes.into_iter().next().expect("one fix")
}

#[test]
fn the_step_reads_the_job_at_the_head_of_base() {
    let git = GitFolder::with(&[(JOB, ORDERS)]);
    let fix = fixes(&git, &diagnosis("sales", renamed_orders()));
    assert_eq!(fix.repository.as_deref(), Some("local"));
    assert_eq!(fix.base, Some(git.head()));
    assert_eq!(fix.files.len(), 1);
    assert_eq!(
        (fix.files[0].path.as_str(), &fix.files[0].before_sha),
        (JOB, &git.blob_at("main", JOB))
    );
    assert_eq!(fix.plan.status, FixStatus::Patched);
    let wanted = [JOB, "rename_column", "amount as amt"];
    assert_eq!(fix.fix_id, Some(fix_id("local", [wanted])));
}

#[test]
fn two_pipelines_that_share_a_job_share_its_fix() {
    let git = GitFolder::with(&[(JOB, ORDERS)]);
    let mut driver = driver(&git, "*");
    for dag in ["sales", "finance"] {
        driver.pipe(&diagnosis(dag, renamed_orders()));
    }
    driver.run_dry().expect("the step goes on");
    let fixes = driver.read::<Fix>();
    assert_eq!(fixes.len(), 2);
    assert!(fixes[0].fix_id.is_some());
    assert_eq!(fixes[0].fix_id, fixes[1].fix_id);
}

#[test]
fn every_diagnosis_without_a_patch_leaves_with_its_reason() {
    let git = GitFolder::with(&[(JOB, ORDERS)]);
    let stranger = fixes(&git, &diagnosis("stock", renamed_orders()));
    assert_eq!((stranger.plan.status, stranger.repository), (FixStatus::Refused, None));
    assert!(stranger.plan.reason.contains("no repository is mapped to the pipeline stock.build"));

    let nameless = Cause { source: None, ..renamed_orders() };
    let mut unknown = diagnosis("sales", nameless);
    let fix = fixes(&git, &unknown);
    assert!(fix.plan.reason.starts_with("neither the event nor the log names"));
    unknown.case.job_file = Some("/etc/passwd".to_owned());
    let fix = fixes(&git, &unknown);
    assert_eq!(fix.plan.reason, "local holds no passwd below its jobs");
    unknown.case.job_file = Some("gs://jobs/orders_daily_revenue.py".to_owned());
    let fix = fixes(&git, &unknown);
    assert_eq!(fix.plan.codemod.as_deref(), Some("rename_column"), "the event's file was read");

    let healthy = Cause { verdict: Verdict::Healthy, ..renamed_orders() };
    assert_eq!(fixes(&git, &diagnosis("sales", healthy)).plan.status, FixStatus::None);
}

#[test]
fn a_repository_that_is_gone_is_an_outcome_and_a_dead_letter() {
    let git = GitFolder::with(&[(JOB, ORDERS)]);
    let mut driver = driver(&git, "*");
    std::fs::remove_dir_all(git.path()).expect("removed");
    driver.pipe(&diagnosis("sales", renamed_orders()));
    driver.run_dry().expect("the step goes on");
    let fixes = driver.read::<Fix>();
    assert_eq!((fixes.len(), fixes[0].plan.status), (1, FixStatus::Refused));
    assert!(fixes[0].plan.reason.contains("there is no git repository"), "{:?}", fixes[0].plan);
    assert_eq!(driver.dead_letters().len(), 1);
}

#[test]
fn a_crash_anywhere_leaves_one_fix() {
    for point in [
        CrashPoint::BeforeCommit,
        CrashPoint::AfterCommit,
        CrashPoint::BeforePerform,
        CrashPoint::AfterPerform,
        CrashPoint::AnswerLost,
        CrashPoint::Evicted,
    ] {
        let git = GitFolder::with(&[(JOB, ORDERS)]);
        let mut driver = driver(&git, "*");
        driver.crash_at(WriteFix::NAME, point);
        driver.pipe(&diagnosis("sales", renamed_orders()));
        driver.run_dry().expect("the step goes on");
        assert_eq!(driver.pending_crashes(), 0, "{point:?}");
        let fixes = driver.read::<Fix>();
        assert_eq!(fixes.len(), 1, "{point:?}");
        assert_eq!(fixes[0].plan.status, FixStatus::Patched, "{point:?}");
    }
}
