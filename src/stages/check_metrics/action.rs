//! The Spark Metrics agent as a step: asks within its patience, and lets the diagnosis go out
//! unconfirmed when nobody answers.

use std::time::Duration;

use adp_redact::Redactor;
use serde::{Deserialize, Serialize};

use super::secrets::without_secrets;
use super::{Places, Thresholds, ask, judge, unconfirmed};
use crate::records::diagnosis::{Diagnosis, MetricsReport};
use crate::records::root_cause::{Cause, RootCause};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, Repeat};
use crate::world::spark_history::Problem;

/// Longer than one event log or one History Server may take.
const DEADLINE: Duration = Duration::from_secs(90);

/// Confirms, refutes or re-ranks a root cause by Spark's own metrics.
pub struct CheckMetrics {
    places: Places,
    thresholds: Thresholds,
    redactor: Redactor,
    patience: Duration,
}

/// The cause as the metrics leave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    cause: Cause,
    metrics: MetricsReport,
}

impl CheckMetrics {
    /// `patience` is how long metrics may be late.
    pub fn new(
        places: Places,
        thresholds: Thresholds,
        redactor: Redactor,
        patience: Duration,
    ) -> Self {
        CheckMetrics { places, thresholds, redactor, patience }
    }
}

impl Action for CheckMetrics {
    const NAME: &'static str = "check_metrics";
    type In = RootCause;
    type Out = Diagnosis;
    type Receipt = Checked;

    fn effect(&self, input: &RootCause) -> Option<Effect> {
        let (failure, class) = (input.case.failure_id.as_str(), input.cause.class.as_str());
        let host = input.case.history_url.as_deref().filter(|_| input.case.event_log.is_none());
        Some(Effect {
            id: EffectId::of(&[Self::NAME, failure, class]),
            about: About(failure.to_owned()),
            repeat: Repeat::Harmless,
            lane: Lane(host.unwrap_or("event logs").to_owned()),
            supersedes: false,
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    async fn find(&self, _: &Ask<'_, Self>) -> Result<Option<Checked>, Fault> {
        Ok(None)
    }

    async fn perform(&self, order: &Ask<'_, Self>) -> Result<Checked, Fault> {
        let RootCause { case, cause, .. } = order.input;
        match ask(case, &self.places).await {
            Ok(run) => {
                let run = without_secrets(run, &self.redactor);
                let (cause, metrics) = judge(&run, cause, &self.thresholds);
                Ok(Checked { cause, metrics })
            }
            Err(Problem::NotFound(reason) | Problem::Unavailable(reason)) => {
                Err(Fault::transient(reason))
            }
            Err(problem) => Ok(Checked { cause: cause.clone(), metrics: unconfirmed(&problem) }),
        }
    }

    fn outcome(&self, input: &RootCause, end: End<Checked>) -> Diagnosis {
        let RootCause { case, incident, cause } = input.clone();
        let (cause, mut metrics) = match end {
            End::Done(checked) | End::Again(checked) => (checked.cause, checked.metrics),
            End::Nothing => (cause, unconfirmed(&Problem::NotConfigured)),
            End::GaveUp(reason) => (cause, unconfirmed(&reason.text)),
        };
        metrics.detail = self.redactor.redact(&metrics.detail).text;
        Diagnosis { case, incident, cause, metrics }
    }
}
