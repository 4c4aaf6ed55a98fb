//! Writes the fix: chooses a remedy for the cause, fetches the job's source, applies a codemod.
//!
//! Nothing in the world changes here, so it may run any number of times. It refuses rather than
//! guesses, and says why: a refusal reaches the message that people read, like a patch does.

mod plan;
mod remedies;
mod near;
mod relations;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use adp_redact::Redactor;
use serde::{Deserialize, Serialize};

pub use plan::plan_fix;
use plan::{Planned, without_patch};
use remedies::Remedy;

use crate::records::fix::{FixPlan, FixStatus, FixedFile};
use crate::records::root_cause::Cause;
use crate::records::{Diagnosis, Fix, FixId};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, Repeat};
use crate::world::forge::local::{AtBase, Job, find_job};
use crate::world::forge::{Repositories, Repository, blocking};

/// The step.
pub struct WriteFix {
    repositories: Arc<Repositories>,
    redactor: Redactor,
}

impl WriteFix {
    pub fn new(repositories: Arc<Repositories>, redactor: Redactor) -> Self {
        WriteFix { repositories, redactor }
    }
}

/// What came of the attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    plan: FixPlan,
    fix_id: Option<FixId>,
    base: Option<String>,
    files: Vec<FixedFile>,
}

impl Action for WriteFix {
    const NAME: &'static str = "write_fix";
    type In = Diagnosis;
    type Out = Fix;
    type Receipt = Written;

    fn effect(&self, input: &Diagnosis) -> Option<Effect> {
        let repository = self.repositories.for_case(&input.case)?;
        if !matches!(remedies::remedy(&input.cause, &input.metrics), Remedy::Try { .. }) {
            return None;
        }
        let failure = input.case.failure_id.as_str();
        Some(Effect {
            id: EffectId::of(&[&repository.name, failure, input.incident.incident_id.as_str()]),
            about: About(failure.to_owned()),
            repeat: Repeat::Harmless,
            lane: Lane(repository.name.clone()),
            supersedes: false,
        })
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn find(&self, _: &Ask<'_, Self>) -> Result<Option<Written>, Fault> {
        Ok(None)
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<Written, Fault> {
        let Some(repository) = self.repositories.for_case(&ask.input.case).cloned() else {
            return Err(Fault::refused("the pipeline no longer has a repository"));
        };
        let (diagnosis, redactor) = (ask.input.clone(), self.redactor.clone());
        blocking(move || {
            let job = find_job(&repository, &hints(&diagnosis))?;
            Ok(match job {
                Job::Found(at_base) => write(&repository, &redactor, &diagnosis, at_base),
                Job::None(why) => Written::without_patch(FixStatus::Refused, why),
            })
        })
        .await
    }

    fn outcome(&self, input: &Diagnosis, end: End<Written>) -> Fix {
        let repository = self.repositories.for_case(&input.case);
        let written = match end {
            End::Done(written) | End::Again(written) => written,
            End::Nothing => nothing_to_try(input, repository),
            End::GaveUp(reason) => Written::without_patch(FixStatus::Refused, reason.text),
        };
        Fix {
            case: input.case.clone(),
            incident: input.incident.clone(),
            repository: repository.map(|repository| repository.name.clone()),
            fix_id: written.fix_id,
            base: written.base,
            cause: input.cause.clone(),
            metrics: input.metrics.clone(),
            plan: written.plan,
            files: written.files,
        }
    }
}

impl Written {
    fn without_patch(status: FixStatus, reason: String) -> Self {
        let plan = without_patch(status, reason);
        Written { plan, fix_id: None, base: None, files: Vec::new() }
    }
}

/// Where the source may be: the file that the traceback names, then the one of the event.
fn hints(diagnosis: &Diagnosis) -> Vec<&str> {
    let source = diagnosis.cause.source.as_ref().map(|source| source.file.as_str());
    source.into_iter().chain(diagnosis.case.job_file.as_deref()).collect()
}

fn write(
    repository: &Repository,
    redactor: &Redactor,
    diagnosis: &Diagnosis,
    at_base: AtBase,
) -> Written {
    let AtBase { path, text, blob, base } = at_base;
    let Planned { plan, patch } =
        plan::plan(redactor, &diagnosis.cause, &diagnosis.metrics, &path, &text);
    let patch = patch.map(|patch| (redactor.redact(&patch.text).text, patch));
    let Some((content, patch)) = patch else {
        return Written { plan, fix_id: None, base: Some(base), files: Vec::new() };
    };
    let edits = [[path.as_str(), patch.codemod, patch.target.as_str()]];
    Written {
        plan,
        fix_id: Some(fix_id(&repository.name, edits)),
        base: Some(base),
        // Without the source's secrets: whoever makes the commit puts them back from the blob.
        files: vec![FixedFile { path, before_sha: blob, content }],
    }
}

/// Two pipelines that need the same edits of the same repository share one fix.
fn fix_id<'a>(repository: &'a str, edits: impl IntoIterator<Item = [&'a str; 3]>) -> FixId {
    let mut edits: Vec<[&str; 3]> = edits.into_iter().collect();
    edits.sort_unstable();
    let parts: Vec<&str> = std::iter::once(repository).chain(edits.into_iter().flatten()).collect();
    FixId::of(&parts)
}

fn nothing_to_try(input: &Diagnosis, repository: Option<&Repository>) -> Written {
    let (status, reason) = match remedies::remedy(&input.cause, &input.metrics) {
        Remedy::Hint(reason) => (FixStatus::Hint, reason),
        Remedy::Refuse(reason) => (FixStatus::Refused, reason),
        Remedy::Nothing(reason) => (FixStatus::None, reason),
        Remedy::Try { .. } if repository.is_none() => (FixStatus::Refused, unmapped(input)),
        Remedy::Try { .. } => (FixStatus::None, "nothing was tried".to_owned()),
    };
    Written::without_patch(status, reason)
}

fn unmapped(input: &Diagnosis) -> String {
    let Cause { class, .. } = &input.cause;
    let pipeline = input.case.pipeline.name();
    format!("there is a remedy for {class}, but no repository is mapped to the pipeline {pipeline}")
}
