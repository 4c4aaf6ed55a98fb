//! Spark's metrics against the cause that the log gave.

mod golden;
pub mod history_server;
mod places;
pub mod judging;
mod resources;

use adp::records::root_cause::{Cause, Subject, Verdict};

/// A cause as the log gives it, with nothing but its class.
fn log_says(class: &str, verdict: Verdict, confidence: f64) -> Cause {
    Cause {
        class: class.to_owned(),
        verdict,
        confidence,
        summary: "what the log says".to_owned(),
        root_line: None,
        source: None,
        subject: Subject::default(),
        wrapped_by: Vec::new(),
        evidence: Vec::new(),
        rivals: Vec::new(),
        next_steps: Vec::new(),
    }
}
