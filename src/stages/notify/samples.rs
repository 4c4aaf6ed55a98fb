//! Records as the steps before would write them, for the tests of this folder.

use crate::records::diagnosis::{MetricFinding, MetricsReport, MetricsSource, MetricsVerdict};
use crate::records::fix::{Applicability, FixPlan, FixStatus, Gate, GateResult};
use crate::records::log_summary::LogLine;
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::{
    Cause, Evidence, NextStep, Rival, SourceLine, Stance, StepKind, Subject, Verdict,
};
use crate::records::{
    Case, ConversationId, Diagnosis, FailureId, Fix, FixId, Incident, IncidentId, Pipeline,
    PullRequest, RootCause,
};
use crate::runtime::Moment;

/// 2026-11-23 02:10 UTC.
pub const NIGHT: Moment = Moment(1_795_399_800_000);

/// Everything that is said about one failure.
#[derive(Clone)]
pub struct Story {
    pub case: Case,
    pub incident: Incident,
    pub cause: Cause,
    /// After metrics.
    pub confirmed: Cause,
    pub metrics: MetricsReport,
    pub plan: FixPlan,
    pub pull_request: PullRequestStatus,
}

impl Story {
    /// The `n`-th failure of a job that reads a renamed column; it gets a pull request.
    pub fn renamed_column(n: i64) -> Story {
        let cause = renamed_column();
        Story {
            case: case("ledger", "close", n),
            incident: incident("ledger.close", "ledger.close/schema.unresolved_column"),
            confirmed: cause.clone(),
            cause,
            metrics: MetricsReport {
                checked: MetricsSource::EventLog,
                verdict: MetricsVerdict::Silent,
                detail: "the query failed before a stage ran".to_owned(),
                findings: vec![],
            },
            plan: rename_plan(),
            pull_request: PullRequestStatus::Opened,
        }
    }

    /// An executor that ran out of memory because of skew, which only the metrics show.
    pub fn skewed(n: i64) -> Story {
        Story {
            case: case("clicks", "sessions", n),
            incident: incident("clicks.sessions", "clicks.sessions/oom.executor_killed"),
            cause: killed_executor(),
            confirmed: skew(),
            metrics: MetricsReport {
                checked: MetricsSource::HistoryServer,
                verdict: MetricsVerdict::Refutes,
                detail: String::new(),
                findings: vec![MetricFinding {
                    kind: "skew".to_owned(),
                    stage: Some(7),
                    class: Some("perf.skew".to_owned()),
                    value: 212.0,
                    threshold: 10.0,
                    unit: "times the median".to_owned(),
                    text: "stage 7: one task read 41,203,118 records, the median task 194,003"
                        .to_owned(),
                    ..MetricFinding::default()
                }],
            },
            plan: no_plan(FixStatus::Hint, "salt the join key, or let AQE split skewed partitions"),
            pull_request: PullRequestStatus::NothingToDo,
        }
    }

    /// One of many pipelines that read a table that is gone.
    pub fn missing_table(pipeline: &str, n: i64) -> Story {
        let cause = missing_table();
        Story {
            case: case(pipeline, "load", n),
            incident: incident(pipeline, "input.table_not_found/raw.orders"),
            confirmed: cause.clone(),
            cause,
            metrics: unasked(),
            plan: no_plan(FixStatus::None, "the table must come back"),
            pull_request: PullRequestStatus::NothingToDo,
        }
    }

    pub fn will_retry(mut self) -> Story {
        self.case.will_retry = true;
        self
    }

    pub fn root_cause(&self) -> RootCause {
        let Story { case, incident, cause, .. } = self.clone();
        RootCause { case, incident, cause }
    }

    pub fn diagnosis(&self) -> Diagnosis {
        let Story { case, incident, confirmed, metrics, .. } = self.clone();
        Diagnosis { case, incident, cause: confirmed, metrics }
    }

    pub fn fix(&self) -> Fix {
        let Story { case, incident, confirmed, metrics, plan, .. } = self.clone();
        Fix {
            case,
            incident,
            repository: Some("jobs".to_owned()),
            fix_id: self.is_patched().then(|| FixId::of(&["jobs", "ledger_close.py"])),
            base: Some("3f1c".to_owned()),
            cause: confirmed,
            metrics,
            plan,
            files: vec![],
        }
    }

    pub fn pull_request(&self) -> PullRequest {
        let patched = self.is_patched();
        let gave_up = self.pull_request == PullRequestStatus::GaveUp;
        let only = |text: &str| patched.then(|| text.to_owned());
        PullRequest {
            case: self.case.clone(),
            incident: self.incident.clone(),
            repository: only("jobs"),
            fix_id: patched.then(|| FixId::of(&["jobs", "ledger_close.py"])),
            status: self.pull_request,
            branch: only("adp/1f2e3d4c"),
            commit: only("0123456789abcdef"),
            url: if gave_up { None } else { only("https://forge.example/jobs/pull/41") },
            reason: if gave_up { "the branch is protected".to_owned() } else { String::new() },
        }
    }

    fn is_patched(&self) -> bool {
        self.plan.status == FixStatus::Patched
    }
}

fn case(dag: &str, task: &str, n: i64) -> Case {
    let run = format!("scheduled__2026-11-{:02}T02:00:00+00:00", 22 + n);
    Case {
        failure_id: FailureId::of(&[dag, task, &run, "1"]),
        pipeline: Pipeline {
            source: "airflow".to_owned(),
            project: "finance".to_owned(),
            dag_id: dag.to_owned(),
            task_id: task.to_owned(),
        },
        run_id: Some(run),
        attempt: Some(1),
        map_index: None,
        failed_at: Moment(NIGHT.0 + (n - 1) * 600_000),
        exit_code: Some(1),
        known_to_have_failed: true,
        will_retry: false,
        job_file: Some(format!("jobs/{dag}_{task}.py")),
        application_id: Some(format!("app-20261123021{n}-0041")),
        event_log: None,
        history_url: None,
        log_url: Some(format!("https://airflow.example/log?dag_id={dag}&task_id={task}")),
    }
}

fn incident(pipeline: &str, conversation: &str) -> Incident {
    Incident {
        incident_id: IncidentId::of(&[pipeline, conversation]),
        conversation_id: ConversationId::of(&[conversation]),
    }
}

fn cause(class: &str, confidence: f64, summary: &str) -> Cause {
    Cause {
        class: class.to_owned(),
        verdict: Verdict::Conclusive,
        confidence,
        summary: summary.to_owned(),
        root_line: None,
        source: None,
        subject: Subject::default(),
        wrapped_by: vec!["py4j.protocol.Py4JJavaError".to_owned()],
        evidence: vec![],
        rivals: vec![],
        next_steps: vec![],
    }
}

fn renamed_column() -> Cause {
    Cause {
        root_line: Some(LogLine {
            file: "driver.log".to_owned(),
            line: 50,
            text: "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `l`.`booking_date` cannot be \
                   resolved. Did you mean one of the following? [`l`.`posting_date`]"
                .to_owned(),
        }),
        source: Some(SourceLine {
            file: "ledger_close.py".to_owned(),
            line: 11,
            text: "date_trunc('MONTH', l.booking_date) AS period,".to_owned(),
        }),
        evidence: vec![
            Evidence {
                file: "driver.log".to_owned(),
                line: 50,
                says: Stance::For,
                text: "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column".to_owned(),
            },
            Evidence {
                file: "driver.log".to_owned(),
                line: 71,
                says: Stance::For,
                text: "'Project [date_trunc(MONTH, 'l.booking_date, None) AS period#12]".to_owned(),
            },
        ],
        rivals: vec![rival("input.table_not_found", 0.02, "the table was read")],
        next_steps: vec![NextStep {
            kind: StepKind::CodePatch,
            text: "rename booking_date to posting_date after the read".to_owned(),
        }],
        ..cause(
            "schema.unresolved_column",
            0.97,
            "ledger_close.py reads l.booking_date, but the table has posting_date",
        )
    }
}

fn killed_executor() -> Cause {
    Cause {
        verdict: Verdict::Inconclusive,
        evidence: vec![Evidence {
            file: "driver.log".to_owned(),
            line: 812,
            says: Stance::For,
            text: "Lost executor 3 on 10.0.4.7: Command exited with code 137".to_owned(),
        }],
        rivals: vec![
            rival("oom.executor_heap", 0.3, "no OutOfMemoryError in any executor's log"),
            rival("perf.skew", 0.15, "only the metrics would show it"),
        ],
        next_steps: vec![NextStep {
            kind: StepKind::Collect,
            text: "send the event log of the application".to_owned(),
        }],
        ..cause("oom.executor_killed", 0.45, "an executor was killed, and the log does not say why")
    }
}

fn skew() -> Cause {
    Cause {
        next_steps: vec![NextStep {
            kind: StepKind::CodePatch,
            text: "salt the join on user_id, or set spark.sql.adaptive.skewJoin.enabled".to_owned(),
        }],
        ..cause("perf.skew", 0.88, "one task of stage 7 read 212 times the median's records")
    }
}

fn missing_table() -> Cause {
    Cause {
        subject: Subject { table: Some("raw.orders".to_owned()), ..Subject::default() },
        root_line: Some(LogLine {
            file: "driver.log".to_owned(),
            line: 33,
            text: "[TABLE_OR_VIEW_NOT_FOUND] The table or view `raw`.`orders` cannot be found."
                .to_owned(),
        }),
        next_steps: vec![NextStep {
            kind: StepKind::UpstreamContact,
            text: "ask who owns raw.orders whether it moved".to_owned(),
        }],
        ..cause("input.table_not_found", 0.93, "the table raw.orders does not exist")
    }
}

fn rival(class: &str, confidence: f64, lost_because: &str) -> Rival {
    Rival { class: class.to_owned(), confidence, lost_because: lost_because.to_owned() }
}

fn unasked() -> MetricsReport {
    MetricsReport {
        checked: MetricsSource::None,
        verdict: MetricsVerdict::Unconfirmed,
        detail: "no event log and no History Server are known".to_owned(),
        findings: vec![],
    }
}

fn rename_plan() -> FixPlan {
    FixPlan {
        status: FixStatus::Patched,
        codemod: Some("rename_column".to_owned()),
        applicability: Some(Applicability::Unsafe),
        reason: "posting_date is the only candidate of the same type".to_owned(),
        explanation: vec!["The column was renamed upstream.".to_owned()],
        diff: "--- a/ledger_close.py\n+++ b/ledger_close.py\n@@ -11 +11 @@\n\
               -  date_trunc('MONTH', l.booking_date) AS period,\n\
               +  date_trunc('MONTH', l.posting_date) AS period,\n"
            .to_owned(),
        gates: vec![Gate {
            name: "parse".to_owned(),
            result: GateResult::Passed,
            detail: String::new(),
        }],
    }
}

fn no_plan(status: FixStatus, reason: &str) -> FixPlan {
    FixPlan {
        status,
        codemod: None,
        applicability: None,
        reason: reason.to_owned(),
        explanation: vec![],
        diff: String::new(),
        gates: vec![],
    }
}
