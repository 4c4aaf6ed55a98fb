//! One commit on a branch of its own, the same commit however often it is made.
//!
//! Author, date and parent are fixed, so a repeat ends in the same hash. A branch is only ever
//! created: what is there already is ours and stays, or is somebody's and stays.

use git2::build::TreeUpdateBuilder;
use git2::{BranchType, Commit, ErrorCode, FileMode, Oid, Signature, Time, Tree};

use super::super::{ForgeError, Repository, editable};
use super::{base_head, git_error, open};
use crate::records::FixId;
use crate::records::fix::FixedFile;
use crate::runtime::Moment;

const NAME: &str = "adp";
const EMAIL: &str = "adp@localhost";
/// Says in the commit itself which fix it is.
const TRAILER: &str = "Fix-Id: ";

/// A change that is to stand on a branch.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub branch: String,
    pub fix_id: FixId,
    /// Commit that the fix was made from, and its parent.
    pub base: String,
    pub files: Vec<FixedFile>,
    /// Without the trailer.
    pub message: String,
    /// Its date.
    pub at: Moment,
}

/// What stands on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    Absent,
    /// Our commit for this very fix, with nobody's on top.
    Ours {
        commit: String,
    },
    /// Somebody else's work, or another fix.
    Theirs {
        why: String,
    },
}

/// # Errors
/// When the repository cannot be read.
pub fn look_at_branch(
    repository: &Repository,
    branch: &str,
    fix_id: &FixId,
) -> Result<Branch, ForgeError> {
    look(&open(repository)?, repository, branch, fix_id)
}

/// Makes the branch with its one commit, and returns the commit's id. A branch that has it already
/// is left as it is.
///
/// # Errors
/// Refused where a file is not ours to change, is not what the fix was made from, or where the
/// branch is somebody else's.
pub fn make_branch(repository: &Repository, proposal: &Proposal) -> Result<String, ForgeError> {
    let git = open(repository)?;
    let commit = write_commit(&git, repository, proposal)?;
    let name = format!("refs/heads/{}", proposal.branch);
    match git.reference(&name, commit, false, "adp: a fix") {
        Ok(_) => Ok(commit.to_string()),
        Err(error) if error.code() == ErrorCode::Exists => {
            match look(&git, repository, &proposal.branch, &proposal.fix_id)? {
                Branch::Ours { commit } => Ok(commit),
                Branch::Theirs { why } => Err(ForgeError::Refused(why)),
                Branch::Absent => Err(ForgeError::Refused(format!(
                    "{} has a branch that {name} would lie below",
                    repository.name
                ))),
            }
        }
        Err(error) => Err(git_error(repository, "create the branch")(error)),
    }
}

fn look(
    git: &git2::Repository,
    repository: &Repository,
    branch: &str,
    fix_id: &FixId,
) -> Result<Branch, ForgeError> {
    let tip = match git.find_branch(branch, BranchType::Local) {
        Ok(found) => found.get().peel_to_commit(),
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(Branch::Absent),
        Err(error) => Err(error),
    };
    let tip = tip.map_err(git_error(repository, "look at the branch"))?;
    // Whoever adds, amends or rebases a commit leaves another name at the tip.
    let why = if !is_by_us(&tip) {
        format!("the last commit of branch {branch} is somebody else's; it is left as it is")
    } else if !says(&tip, fix_id) {
        format!("branch {branch} holds another fix; it is left as it is")
    } else {
        return Ok(Branch::Ours { commit: tip.id().to_string() });
    };
    Ok(Branch::Theirs { why })
}

fn is_by_us(commit: &Commit<'_>) -> bool {
    let ours = |signature: Signature<'_>| signature.email_bytes() == EMAIL.as_bytes();
    ours(commit.author()) && ours(commit.committer())
}

fn says(commit: &Commit<'_>, fix_id: &FixId) -> bool {
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    message.lines().next_back() == Some(&trailer(fix_id))
}

fn trailer(fix_id: &FixId) -> String {
    format!("{TRAILER}{fix_id}")
}

fn write_commit(
    git: &git2::Repository,
    repository: &Repository,
    proposal: &Proposal,
) -> Result<Oid, ForgeError> {
    let base = pinned_base(git, repository, &proposal.base)?;
    let failed = |doing| git_error(repository, doing);
    let before = base.tree().map_err(failed("read the tree"))?;
    let now = base_head(git, repository)?.tree().map_err(failed("read the tree"))?;
    let mut update = TreeUpdateBuilder::new();
    for file in &proposal.files {
        let mode = check(repository, file, &before, &now)?;
        let blob = git.blob(file.content.as_bytes()).map_err(failed("write the file"))?;
        update.upsert(file.path.as_str(), blob, mode);
    }
    let tree = update.create_updated(git, &before).map_err(failed("write the tree"))?;
    let tree = git.find_tree(tree).map_err(failed("read the tree"))?;
    let seconds = Time::new((proposal.at.0 / 1000).max(0), 0);
    let adp = Signature::new(NAME, EMAIL, &seconds).expect("our name and address are plain text");
    let message = format!("{}\n\n{}\n", proposal.message.trim_end(), trailer(&proposal.fix_id));
    git.commit(None, &adp, &adp, &message, &tree, &[&base]).map_err(failed("write the commit"))
}

fn pinned_base<'g>(
    git: &'g git2::Repository,
    repository: &Repository,
    base: &str,
) -> Result<Commit<'g>, ForgeError> {
    let found = Oid::from_str(base).and_then(|id| git.find_commit(id));
    found.map_err(|_| {
        let name = &repository.name;
        ForgeError::Refused(format!("{name} no longer has {base}, which the fix was made from"))
    })
}

/// The file's mode, where it is ours to change and still is what the fix was made from.
fn check(
    repository: &Repository,
    file: &FixedFile,
    before: &Tree<'_>,
    now: &Tree<'_>,
) -> Result<FileMode, ForgeError> {
    let FixedFile { path, before_sha, .. } = file;
    let refused = |why: String| Err(ForgeError::Refused(why));
    if let Some(why) = editable::refusal(path) {
        return refused(why);
    }
    if !repository.holds_job(path) {
        return refused(format!("{path} is not below the jobs of {}", repository.name));
    }
    let same = |tree: &Tree<'_>| {
        let entry = tree.get_path(path.as_ref()).ok()?;
        (entry.id().to_string() == *before_sha).then(|| entry.filemode())
    };
    match (same(before), same(now)) {
        (Some(_), None) => {
            refused(format!("{path} has changed on {} since the fix was made", repository.base))
        }
        (Some(0o100_755), _) => Ok(FileMode::BlobExecutable),
        (Some(0o100_644 | 0o100_664), _) => Ok(FileMode::Blob),
        _ => refused(format!("{path} is not the file that the fix was made from")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::forge::testing::GitFolder;

    const BRANCH: &str = "adp/fix/close-12345678";

    fn proposal(git: &GitFolder, path: &str, content: &str) -> Proposal {
        Proposal {
            branch: BRANCH.to_owned(),
            fix_id: FixId::of(&["close"]),
            base: git.head(),
            files: vec![FixedFile {
                path: path.to_owned(),
                before_sha: git.blob_at("main", path),
                content: content.to_owned(),
            }],
            message: "Repair the close".to_owned(),
            at: Moment(1_700_000_000_000),
        }
    }

    fn look(git: &GitFolder) -> Branch {
        look_at_branch(&git.repository(), BRANCH, &FixId::of(&["close"])).expect("readable")
    }

    fn refusal(git: &GitFolder, proposal: &Proposal) -> String {
        match make_branch(&git.repository(), proposal) {
            Err(ForgeError::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_repeat_ends_in_the_same_commit_and_nothing_else_changes() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n"), ("README.md", "hello\n")]);
        git.commit_raw("jobs/run.py", b"b = 1\n", 0o100_755);
        let wanted = proposal(&git, "jobs/run.py", "b = 2\n");
        assert_eq!(look(&git), Branch::Absent);
        let commit = make_branch(&git.repository(), &wanted).expect("made");
        assert_eq!(make_branch(&git.repository(), &wanted).expect("there"), commit);
        assert_eq!(look(&git), Branch::Ours { commit: commit.clone() });
        assert_eq!(git.changed_files("main", BRANCH), ["jobs/run.py"]);
        assert_eq!(git.mode_at(BRANCH, "jobs/run.py"), 0o100_755);
        assert_eq!(git.text_at(BRANCH, "jobs/run.py"), "b = 2\n");
        assert_eq!(git.count_commits("main", BRANCH), 1);
        git.delete_branch(BRANCH);
        assert_eq!(make_branch(&git.repository(), &wanted).expect("made again"), commit);
    }

    #[test]
    fn the_working_tree_of_somebody_at_work_is_not_touched() {
        let git = GitFolder::checked_out(&[("jobs/close.py", "a = 1\n")]);
        let file = git.path().join("jobs/close.py");
        std::fs::write(&file, "half finished").unwrap();
        make_branch(&git.repository(), &proposal(&git, "jobs/close.py", "a = 2\n")).expect("made");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "half finished");
        assert_eq!(git.text_at(BRANCH, "jobs/close.py"), "a = 2\n");
        assert_eq!(git.head_name(), "refs/heads/main");
    }

    #[test]
    fn somebody_elses_commit_is_never_overwritten() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n")]);
        let wanted = proposal(&git, "jobs/close.py", "a = 2\n");
        make_branch(&git.repository(), &wanted).expect("made");
        let theirs = git.commit_on(BRANCH, "jobs/close.py", "a = 3\n");
        assert!(matches!(look(&git), Branch::Theirs { .. }));
        assert!(refusal(&git, &wanted).contains("somebody else's"));
        assert_eq!(git.tip(BRANCH), theirs);
        let other = look_at_branch(&git.repository(), "main", &FixId::of(&["close"])).unwrap();
        assert!(matches!(other, Branch::Theirs { .. }));
    }

    #[test]
    fn a_branch_of_another_fix_is_not_taken_for_ours() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n")]);
        let first = proposal(&git, "jobs/close.py", "a = 2\n");
        make_branch(&git.repository(), &first).expect("made");
        let second = Proposal { fix_id: FixId::of(&["other"]), ..first };
        assert!(refusal(&git, &second).contains("another fix"));
    }

    #[test]
    fn a_fix_of_what_is_no_longer_there_is_refused() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n"), ("tools/x.py", "x = 1\n")]);
        let stale = proposal(&git, "jobs/close.py", "a = 2\n");
        git.commit_on("main", "jobs/close.py", "a = 9\n");
        assert!(refusal(&git, &stale).contains("has changed on main"));
        let forged = Proposal { base: "0".repeat(40), ..stale.clone() };
        assert!(refusal(&git, &forged).contains("no longer has"));
        let outside = proposal(&git, "tools/x.py", "x = 2\n");
        assert!(refusal(&git, &outside).contains("not below the jobs"));
        let mut wrong = proposal(&git, "jobs/close.py", "a = 2\n");
        wrong.files[0].before_sha = "0".repeat(40);
        assert!(refusal(&git, &wrong).contains("not the file that the fix was made from"));
        let mut climbing = proposal(&git, "jobs/close.py", "a = 2\n");
        climbing.files[0].path = "jobs/../.github/x.py".to_owned();
        assert!(refusal(&git, &climbing).contains("no plain path"));
        assert_eq!(look(&git), Branch::Absent);
    }
}
