//! A git repository on this machine as a forge: branches in it, pull requests as texts beside it.
//!
//! Works on the object database alone: no index, no working tree, no hooks, no configuration of the
//! repository is used, so it is the same for bare repositories and for one that somebody works in.

mod source;
mod branch;
mod page;

pub use branch::{Branch, Proposal, look_at_branch, make_branch};
pub use page::{MOST_CHARACTERS, Occurrence, Page, join_page, look_at_page, page_path, write_page};
pub use source::{AtBase, Job, find_job, text_of};

use git2::{Commit, ErrorCode};

use super::{ForgeError, Repository};

fn open(repository: &Repository) -> Result<git2::Repository, ForgeError> {
    let path = repository.path.display();
    git2::Repository::open(&repository.path).map_err(|error| match error.code() {
        ErrorCode::NotFound => ForgeError::Refused(format!(
            "repository {}: there is no git repository at {path}",
            repository.name
        )),
        _ => ForgeError::unavailable(format!("open the repository at {path}"), error),
    })
}

/// The commit at the head of the base branch.
fn base_head<'g>(
    git: &'g git2::Repository,
    repository: &Repository,
) -> Result<Commit<'g>, ForgeError> {
    let Repository { name, base, .. } = repository;
    let head =
        git.find_branch(base, git2::BranchType::Local).and_then(|b| b.get().peel_to_commit());
    head.map_err(|error| match error.code() {
        ErrorCode::NotFound | ErrorCode::InvalidSpec => {
            ForgeError::Refused(format!("repository {name} has no branch {base}"))
        }
        _ => ForgeError::unavailable(format!("read the branch {base} of {name}"), error),
    })
}

/// An error of git while doing something to a repository.
fn git_error(
    repository: &Repository,
    doing: &str,
) -> impl FnOnce(git2::Error) -> ForgeError + use<> {
    let doing = format!("{doing} in repository {}", repository.name);
    move |error| ForgeError::unavailable(doing, error)
}

/// What keeps a repository from being used, if anything does.
pub fn problem(path: &std::path::Path, base: &str) -> Option<String> {
    let repository = match git2::Repository::open(path) {
        Ok(repository) => repository,
        Err(error) => return Some(error.message().to_owned()),
    };
    let branch = repository.find_branch(base, git2::BranchType::Local);
    branch.err().map(|error| error.message().to_owned())
}
