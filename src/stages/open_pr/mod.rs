//! Opens the pull request: one branch, one commit, one text, whatever happens in between.
//!
//! What is fixed names the branch, so a second pipeline or a second failure with the same fix joins
//! what is there. What people did is never undone: a branch with their commits stays as it is, and
//! one that they deleted is not made again.

mod page_text;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adp_redact::{Redactor, is_redacted};
use serde::{Deserialize, Serialize};

use crate::records::fix::{FixStatus, FixedFile};
use crate::records::pull_request::PullRequestStatus;
use crate::records::{Fix, FixId, PullRequest};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, Repeat};
use crate::world::forge::local::{
    Branch, Page, Proposal, join_page, look_at_branch, look_at_page, make_branch, page_path,
    text_of, write_page,
};
use crate::world::forge::{ForgeError, Repositories, Repository, blocking};

/// The step.
pub struct OpenPr {
    repositories: Arc<Repositories>,
    redactor: Redactor,
}

impl OpenPr {
    /// With the redactor that the fixes went through.
    pub fn new(repositories: Arc<Repositories>, redactor: Redactor) -> Self {
        OpenPr { repositories, redactor }
    }

    fn repository(&self, fix: &Fix) -> Result<Repository, Fault> {
        let name = fix.repository.as_deref().unwrap_or_default();
        let found = self.repositories.named(name).cloned();
        found.ok_or_else(|| Fault::refused(format!("no repository is called {name}")))
    }
}

/// What stands in the world for an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    branch: String,
    /// None where people went on with the branch.
    commit: Option<String>,
    /// The text of the pull request.
    place: String,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    /// Opened for this incident.
    Opened,
    /// Opened for another one, which has the same fix.
    Joined,
    /// Somebody merged or deleted the branch.
    Closed,
}

impl Action for OpenPr {
    const NAME: &'static str = "open_pr";
    type In = Fix;
    type Out = PullRequest;
    type Receipt = Standing;

    fn effect(&self, input: &Fix) -> Option<Effect> {
        let patch = Patch::of(input)?;
        let branch = patch.branch();
        // The text that was fixed belongs to the id: a fix that came too late for its base is
        // refused, and the next one, made from the new base, is tried again.
        let fixed = patch.files.iter().map(|file| file.before_sha.as_str());
        let incident = input.incident.incident_id.as_str();
        let parts: Vec<&str> = [branch.as_str(), incident].into_iter().chain(fixed).collect();
        Some(Effect {
            id: EffectId::of(&parts),
            about: About(branch),
            repeat: Repeat::Findable,
            lane: Lane(input.repository.clone()?),
            supersedes: false,
        })
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(3600)
    }

    async fn find(&self, ask: &Ask<'_, Self>) -> Result<Option<Standing>, Fault> {
        let (repository, fix) = (self.repository(ask.input)?, ask.input.clone());
        blocking(move || Scene::look(&repository, &fix).map(|scene| scene.standing())).await
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<Standing, Fault> {
        let (repository, fix) = (self.repository(ask.input)?, ask.input.clone());
        let redactor = self.redactor.clone();
        blocking(move || Scene::look(&repository, &fix)?.complete(&redactor)).await
    }

    fn outcome(&self, input: &Fix, end: End<Standing>) -> PullRequest {
        let (standing, again) = match end {
            End::Nothing => {
                let reason = input.plan.reason.clone();
                return without(input, PullRequestStatus::NothingToDo, reason);
            }
            End::GaveUp(reason) => return without(input, PullRequestStatus::GaveUp, reason.text),
            End::Done(standing) => (standing, false),
            End::Again(standing) => (standing, true),
        };
        let (status, reason) = match standing.how {
            How::Closed => (
                PullRequestStatus::NothingToDo,
                format!("somebody merged or deleted {}; it is not opened again", standing.branch),
            ),
            How::Opened if !again => (PullRequestStatus::Opened, String::new()),
            How::Opened => (PullRequestStatus::AlreadyOpen, "opened before".to_owned()),
            How::Joined => {
                (PullRequestStatus::AlreadyOpen, "opened before, with the same fix".to_owned())
            }
        };
        PullRequest {
            branch: Some(standing.branch),
            commit: standing.commit,
            url: Some(standing.place),
            ..without(input, status, reason)
        }
    }
}

fn without(input: &Fix, status: PullRequestStatus, reason: String) -> PullRequest {
    PullRequest {
        case: input.case.clone(),
        incident: input.incident.clone(),
        repository: input.repository.clone(),
        fix_id: input.fix_id.clone(),
        status,
        branch: None,
        commit: None,
        url: None,
        reason,
    }
}

/// The parts of a fix that make a branch.
struct Patch<'a> {
    fix_id: &'a FixId,
    base: &'a str,
    files: &'a [FixedFile],
}

impl<'a> Patch<'a> {
    /// None where there is nothing to propose.
    fn of(fix: &'a Fix) -> Option<Self> {
        let (fix_id, base) = (fix.fix_id.as_ref()?, fix.base.as_deref()?);
        let proposed = fix.plan.status == FixStatus::Patched && !fix.files.is_empty();
        proposed.then_some(Patch { fix_id, base, files: &fix.files })
    }

    /// `adp/fix/<job>-<hash8>`: the hash tells fixes apart, the job is for people.
    fn branch(&self) -> String {
        let path = self.files.first().map_or("", |file| file.path.as_str());
        format!("adp/fix/{}-{}", slug(path), self.fix_id.short())
    }
}

/// The file's name in small letters, digits and single hyphens, at most 40 of them.
fn slug(path: &str) -> String {
    let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
    let mut slug = String::new();
    for c in stem.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "job".to_owned() } else { slug.to_owned() }
}

/// The branch and the page of one fix, as they are now.
struct Scene<'a> {
    repository: &'a Repository,
    fix: &'a Fix,
    patch: Patch<'a>,
    name: String,
    branch: Branch,
    page: Page,
}

impl<'a> Scene<'a> {
    fn look(repository: &'a Repository, fix: &'a Fix) -> Result<Self, ForgeError> {
        let Some(patch) = Patch::of(fix) else {
            return Err(ForgeError::Refused("the fix has nothing to propose".to_owned()));
        };
        let name = patch.branch();
        let branch = look_at_branch(repository, &name, patch.fix_id)?;
        let page = look_at_page(&page_path(repository, &name), patch.fix_id)?;
        Ok(Scene { repository, fix, patch, name, branch, page })
    }

    /// What stands for this incident; `None` where something of it is missing.
    fn standing(&self) -> Option<Standing> {
        let Page::Ours { incidents, has_room } = &self.page else { return None };
        let incident = self.fix.incident.incident_id.as_str();
        let how = if self.branch == Branch::Absent {
            How::Closed
        } else if incidents.first().is_some_and(|first| first == incident) {
            How::Opened
        } else if incidents.iter().any(|joined| joined == incident) || !has_room {
            How::Joined
        } else {
            return None;
        };
        Some(self.stands(how, self.commit()))
    }

    /// Makes what is missing.
    fn complete(&self, redactor: &Redactor) -> Result<Standing, ForgeError> {
        if let Some(standing) = self.standing() {
            return Ok(standing);
        }
        let page = page_path(self.repository, &self.name);
        let occurrence = page_text::occurrence(self.fix);
        match &self.page {
            Page::Theirs => Err(ForgeError::Refused(format!(
                "a file that is not of this fix lies at {}; it is left as it is",
                page.display()
            ))),
            // People may have gone on with the branch; their work is not touched by this.
            Page::Ours { .. } => {
                join_page(&page, &occurrence)?;
                Ok(self.stands(How::Joined, self.commit()))
            }
            Page::Absent => {
                let commit = make_branch(self.repository, &self.proposal(redactor)?)?;
                let body = page_text::body(self.fix, self.repository, &self.name, &commit);
                write_page(&page, self.patch.fix_id, &body, &occurrence)?;
                Ok(self.stands(How::Opened, Some(commit)))
            }
        }
    }

    fn proposal(&self, redactor: &Redactor) -> Result<Proposal, ForgeError> {
        let files = self.patch.files.iter();
        Ok(Proposal {
            branch: self.name.clone(),
            fix_id: self.patch.fix_id.clone(),
            base: self.patch.base.to_owned(),
            files: files
                .map(|file| self.with_secrets(redactor, file))
                .collect::<Result<Vec<_>, _>>()?,
            message: page_text::commit_message(self.fix),
            at: self.fix.case.failed_at,
        })
    }

    /// The file as the commit is to have it: with the secrets that the source has, which no record
    /// carries.
    fn with_secrets(&self, redactor: &Redactor, file: &FixedFile) -> Result<FixedFile, ForgeError> {
        if !is_redacted(&file.content) {
            return Ok(file.clone());
        }
        let source = text_of(self.repository, &file.before_sha)?;
        let content = redactor.restore(&source, &file.content).ok_or_else(|| {
            let path = &file.path;
            ForgeError::Refused(format!("the lines of {path} that hold secrets are not as before"))
        })?;
        Ok(FixedFile { content, ..file.clone() })
    }

    fn commit(&self) -> Option<String> {
        match &self.branch {
            Branch::Ours { commit } => Some(commit.clone()),
            Branch::Absent | Branch::Theirs { .. } => None,
        }
    }

    fn stands(&self, how: How, commit: Option<String>) -> Standing {
        let place = page_path(self.repository, &self.name).display().to_string();
        Standing { branch: self.name.clone(), commit, place, how }
    }
}
