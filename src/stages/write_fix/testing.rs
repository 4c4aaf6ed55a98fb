//! Diagnoses as the steps before this one make them of real failures.

use crate::records::diagnosis::{MetricsReport, MetricsSource, MetricsVerdict};
use crate::records::log_summary::LogLine;
use crate::records::root_cause::{Cause, Evidence, SourceLine, Stance, Subject, Verdict};
use crate::records::{ConversationId, Diagnosis, Incident, IncidentId};
use crate::world::forge::testing::a_case;

pub(crate) const ORDERS: &str = include_str!("fixtures/orders_daily_revenue.py");
pub(crate) const ARCHIVE: &str = include_str!("fixtures/policy_archive.py");
pub(crate) const ENRICH: &str = include_str!("fixtures/event_enrich.py");
pub(crate) const CUSTOMERS: &str = include_str!("fixtures/customer_360.py");
pub(crate) const ROUTES: &str = include_str!("fixtures/route_costs.py");
pub(crate) const AUDIT: &str = include_str!("fixtures/audit_dump.py");
pub(crate) const EMAIL: &str = include_str!("fixtures/email_clean.py");
pub(crate) const BASKET: &str = include_str!("fixtures/basket_metrics.py");

/// A conclusive cause of the class whose root line is `text`.
pub(crate) fn a_cause(class: &str, text: &str, subject: Subject) -> Cause {
    Cause {
        class: class.to_owned(),
        verdict: Verdict::Conclusive,
        confidence: 0.97,
        summary: format!("the run shows {class}"),
        root_line: Some(LogLine { file: "driver.log".to_owned(), line: 96, text: text.to_owned() }),
        source: None,
        subject,
        wrapped_by: Vec::new(),
        evidence: Vec::new(),
        rivals: Vec::new(),
        next_steps: Vec::new(),
    }
}

pub(crate) fn at(cause: Cause, file: &str, line: i32, text: &str) -> Cause {
    let source = SourceLine { file: file.to_owned(), line, text: text.to_owned() };
    Cause { source: Some(source), ..cause }
}

pub(crate) fn with_lines(mut cause: Cause, texts: &[&str]) -> Cause {
    cause.evidence.extend((97..).zip(texts).map(|(line, text)| Evidence {
        file: "driver.log".to_owned(),
        line,
        says: Stance::For,
        text: (*text).to_owned(),
    }));
    cause
}

pub(crate) fn unasked() -> MetricsReport {
    MetricsReport {
        checked: MetricsSource::None,
        verdict: MetricsVerdict::Unconfirmed,
        detail: "no event log was named".to_owned(),
        findings: Vec::new(),
    }
}

/// `amt` was renamed to `amount` in the orders that the job reads.
pub(crate) fn renamed_orders() -> Cause {
    let text = "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `amt` \
                cannot be resolved. Did you mean one of the following? [`name`, `amount`, `city`].";
    let candidates = ["name", "amount", "city", "segment", "channel"].map(str::to_owned).to_vec();
    let subject = Subject { column: Some("amt".to_owned()), candidates, ..Subject::default() };
    let cause = a_cause("schema.unresolved_column", text, subject);
    let cause = at(cause, "/srv/etl/jobs/orders_daily_revenue.py", 19, ".agg(");
    with_lines(
        cause,
        &[
            ":- Relation [order_id#0L,customer_id#1L,amount#2,channel#3,order_ts#4] parquet",
            "+- Relation [customer_id#10L,name#11,city#12,segment#13] parquet",
        ],
    )
}

pub(crate) fn diagnosis(dag: &str, cause: Cause) -> Diagnosis {
    let subject = cause.subject.column.clone().unwrap_or_default();
    let incident = Incident {
        incident_id: IncidentId::of(&[dag, &cause.class, &subject]),
        conversation_id: ConversationId::of(&[dag]),
    };
    Diagnosis { case: a_case(dag, "build"), incident, cause, metrics: unasked() }
}
