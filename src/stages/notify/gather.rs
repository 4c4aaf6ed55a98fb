//! Turns whatever happened to an incident into a line of news under the conversation's key, so
//! that `compose` has one input and no join to get wrong.

use crate::records::news::{DiagnosisNews, FixNews, PullRequestNews};
use crate::records::{
    Case, Codec, Diagnosis, Fix, Incident, Key, News, PullRequest, Record, RootCause, Topic,
    Unreadable,
};
use crate::runtime::{Input, Moment, Outbox, Received, Rejected, Stage};

/// Remembers nothing.
pub struct Gather;

/// What may happen to an incident.
pub enum Happening {
    RootCause(Box<RootCause>),
    Diagnosis(Box<Diagnosis>),
    Fix(Box<Fix>),
    PullRequest(Box<PullRequest>),
}

impl Input for Happening {
    const TOPICS: &'static [Topic] =
        &[RootCause::TOPIC, Diagnosis::TOPIC, Fix::TOPIC, PullRequest::TOPIC];

    fn read(codec: &Codec, received: &Received) -> Result<Self, Unreadable> {
        match received.place.topic {
            RootCause::TOPIC => boxed(codec, received).map(Happening::RootCause),
            Diagnosis::TOPIC => boxed(codec, received).map(Happening::Diagnosis),
            Fix::TOPIC => boxed(codec, received).map(Happening::Fix),
            PullRequest::TOPIC => boxed(codec, received).map(Happening::PullRequest),
            other => Err(Unreadable::Malformed(format!("nothing of ours lies on {other}"))),
        }
    }

    fn key(&self) -> Key {
        match self {
            Happening::RootCause(record) => record.incident.key(),
            Happening::Diagnosis(record) => record.incident.key(),
            Happening::Fix(record) => record.incident.key(),
            Happening::PullRequest(record) => record.incident.key(),
        }
    }
}

impl Stage for Gather {
    const NAME: &'static str = "gather";
    type In = Happening;
    type Out = News;
    type Memory = ();

    fn on_record(
        &self,
        at: Moment,
        input: Happening,
        (): &mut (),
        out: &mut Outbox<News>,
    ) -> Result<(), Rejected> {
        out.emit(news(at, input));
        Ok(())
    }
}

fn boxed<R: Record>(codec: &Codec, received: &Received) -> Result<Box<R>, Unreadable> {
    codec.decode(&received.value).map(Box::new)
}

fn news(at: Moment, happening: Happening) -> News {
    match happening {
        Happening::RootCause(record) => {
            let RootCause { case, incident, cause } = *record;
            News { cause: Some(cause), ..no_news(at, case, incident) }
        }
        Happening::Diagnosis(record) => {
            let Diagnosis { case, incident, cause, metrics } = *record;
            let diagnosis = Some(DiagnosisNews { cause, metrics });
            News { diagnosis, ..no_news(at, case, incident) }
        }
        Happening::Fix(record) => {
            let Fix { case, incident, repository, plan, .. } = *record;
            News { fix: Some(FixNews { repository, plan }), ..no_news(at, case, incident) }
        }
        Happening::PullRequest(record) => {
            let PullRequest { case, incident, repository, status, branch, url, reason, .. } =
                *record;
            let pull_request = Some(PullRequestNews { repository, status, branch, url, reason });
            News { pull_request, ..no_news(at, case, incident) }
        }
    }
}

fn no_news(at: Moment, case: Case, incident: Incident) -> News {
    News { case, incident, at, cause: None, diagnosis: None, fix: None, pull_request: None }
}
