//! Finds a job's source in what the base branch holds.

use git2::{ObjectType, Tree, TreeWalkMode, TreeWalkResult};

use super::super::{ForgeError, Repository, editable};
use super::{base_head, git_error, open};

/// A larger file is data or generated, and its fix would not fit a record.
const MOST_BYTES: usize = 256 * 1024;
/// Files that are looked at for one job.
const MOST_FILES: usize = 50_000;
/// File mode of a symbolic link in a git tree.
const SYMLINK: i32 = 0o120_000;

/// A text at the head of the base branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtBase {
    /// In the repository.
    pub path: String,
    pub text: String,
    /// Git blob id of the text.
    pub blob: String,
    /// Commit it was read from.
    pub base: String,
}

/// What the repository holds for a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    Found(AtBase),
    /// Nothing that we may change, and why.
    None(String),
}

/// A file that a hint may mean.
struct Candidate {
    path: String,
    id: git2::Oid,
    mode: i32,
    /// Trailing parts of the path that agree with the hint.
    agrees: usize,
}

/// The file below the repository's folder of jobs that one of the hints means; the first hint that
/// finds one wins.
///
/// A hint is a path as an event or a traceback gives it, so it may be absolute and of another
/// machine. Its last part must be the file's name; its other parts only choose between namesakes.
///
/// # Errors
/// When the repository or its base branch cannot be read.
pub fn find_job(repository: &Repository, hints: &[&str]) -> Result<Job, ForgeError> {
    let git = open(repository)?;
    let head = base_head(&git, repository)?;
    let mut whys = Vec::new();
    for hint in hints {
        match candidate(&git, repository, &head, hint)? {
            Ok(candidate) => return read(&git, repository, &head, candidate),
            Err(why) if !whys.contains(&why) => whys.push(why),
            Err(_) => {}
        }
    }
    if whys.is_empty() {
        whys.push("neither the event nor the log names the job's source".to_owned());
    }
    Ok(Job::None(whys.join("; ")))
}

type Choice = Result<Candidate, String>;

fn candidate(
    git: &git2::Repository,
    repository: &Repository,
    head: &git2::Commit<'_>,
    hint: &str,
) -> Result<Choice, ForgeError> {
    let Some(wanted) = parts_of(hint) else {
        return Ok(Err(format!("{hint:?} does not name a file")));
    };
    let root = head.tree().map_err(git_error(repository, "read the tree"))?;
    let Some(jobs) = jobs_tree(git, repository, root) else {
        return Ok(Err(format!("{} has no folder {}", repository.name, repository.jobs)));
    };
    let Some(found) = namesakes(repository, &jobs, &wanted)? else {
        return Ok(Err(format!("{} has more files than we look at", repository.name)));
    };
    Ok(choose(repository, &wanted, found))
}

/// The parts of a path; none where it climbs or names nothing.
fn parts_of(hint: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = hint.split(['/', '\\']).filter(|p| !matches!(*p, "" | ".")).collect();
    let climbs = parts.contains(&"..");
    let ends_in_folder = hint.ends_with(['/', '\\']);
    let odd = hint.chars().any(char::is_control);
    (!parts.is_empty() && !climbs && !ends_in_folder && !odd).then_some(parts)
}

/// The tree of the jobs' folder; a link to a folder is none.
fn jobs_tree<'g>(
    git: &'g git2::Repository,
    repository: &Repository,
    root: Tree<'g>,
) -> Option<Tree<'g>> {
    if repository.jobs_folder().is_empty() {
        return Some(root);
    }
    let entry = root.get_path(repository.jobs_folder().as_ref()).ok()?;
    entry.to_object(git).ok()?.into_tree().ok()
}

/// All files of the wanted name; none where the folder has too many files to look at.
fn namesakes(
    repository: &Repository,
    jobs: &Tree<'_>,
    wanted: &[&str],
) -> Result<Option<Vec<Candidate>>, ForgeError> {
    let name = wanted.last().copied().unwrap_or_default();
    let mut found = Vec::new();
    let mut n_files = 0_usize;
    let walked = jobs.walk(TreeWalkMode::PreOrder, |folder, entry| {
        n_files += 1;
        if n_files > MOST_FILES {
            return TreeWalkResult::Abort;
        }
        if entry.kind() == Some(ObjectType::Blob) && entry.name_bytes() == name.as_bytes() {
            let path = repository.below_jobs(&format!("{folder}{name}"));
            let agrees = agreement(&path, wanted);
            found.push(Candidate { path, id: entry.id(), mode: entry.filemode(), agrees });
        }
        TreeWalkResult::Ok
    });
    if n_files > MOST_FILES {
        return Ok(None);
    }
    walked.map_err(git_error(repository, "list the jobs"))?;
    Ok(Some(found))
}

fn agreement(path: &str, wanted: &[&str]) -> usize {
    path.rsplit('/').zip(wanted.iter().rev()).take_while(|(part, want)| part == *want).count()
}

/// The one that agrees best among those we may change.
fn choose(repository: &Repository, wanted: &[&str], found: Vec<Candidate>) -> Choice {
    let name = wanted.last().copied().unwrap_or_default();
    let mut refused = None;
    let mut ours = Vec::new();
    for candidate in found {
        match refusal(&candidate) {
            Some(why) => refused = refused.or(Some(why)),
            None => ours.push(candidate),
        }
    }
    let best = ours.iter().map(|candidate| candidate.agrees).max();
    ours.retain(|candidate| Some(candidate.agrees) == best);
    match (ours.pop(), ours.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => Err(format!("{name} may be {} or {}", ours[0].path, last.path)),
        (None, _) => Err(refused
            .unwrap_or_else(|| format!("{} holds no {name} below its jobs", repository.name))),
    }
}

fn refusal(candidate: &Candidate) -> Option<String> {
    if candidate.mode == SYMLINK {
        return Some(format!("{} is a symbolic link", candidate.path));
    }
    editable::refusal(&candidate.path)
}

fn read(
    git: &git2::Repository,
    repository: &Repository,
    head: &git2::Commit<'_>,
    Candidate { path, id, .. }: Candidate,
) -> Result<Job, ForgeError> {
    let odb = git.odb().map_err(git_error(repository, "open the objects"))?;
    let (bytes, _) = odb.read_header(id).map_err(git_error(repository, "look at the job"))?;
    if bytes > MOST_BYTES {
        return Ok(Job::None(format!("{path} has {bytes} bytes, more than a job's source has")));
    }
    let blob = git.find_blob(id).map_err(git_error(repository, "read the job"))?;
    let Ok(text) = std::str::from_utf8(blob.content()) else {
        return Ok(Job::None(format!("{path} is not UTF-8")));
    };
    let (text, blob, base) = (text.to_owned(), id.to_string(), head.id().to_string());
    Ok(Job::Found(AtBase { path, text, blob, base }))
}

/// The text of a blob that a job's source was read from.
///
/// # Errors
/// Refused where the repository no longer has it.
pub fn text_of(repository: &Repository, blob: &str) -> Result<String, ForgeError> {
    let git = open(repository)?;
    let found = git2::Oid::from_str(blob).and_then(|id| git.find_blob(id));
    let text = found.ok().and_then(|blob| String::from_utf8(blob.content().to_vec()).ok());
    text.ok_or_else(|| {
        ForgeError::Refused(format!("{} no longer has the text {blob}", repository.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::forge::testing::GitFolder;

    fn found(git: &GitFolder, hint: &str) -> String {
        match find_job(&git.repository(), &[hint]).expect("a repository that can be read") {
            Job::Found(at_base) => at_base.path,
            Job::None(why) => why,
        }
    }

    #[test]
    fn a_hint_is_matched_by_name_below_the_jobs_and_never_opened() {
        let git = GitFolder::with(&[
            ("jobs/close.py", "a = 1\n"),
            ("jobs/hr/load.py", "b = 1\n"),
            ("jobs/sales/load.py", "c = 1\n"),
            ("tools/other.py", "d = 1\n"),
        ]);
        assert_eq!(found(&git, "close.py"), "jobs/close.py");
        assert_eq!(found(&git, "/opt/airflow/jobs/close.py"), "jobs/close.py");
        assert_eq!(found(&git, "gs://bucket/x/close.py"), "jobs/close.py");
        assert_eq!(found(&git, "/opt/sales/load.py"), "jobs/sales/load.py");
        assert_eq!(found(&git, "load.py"), "load.py may be jobs/hr/load.py or jobs/sales/load.py");
        assert_eq!(found(&git, "other.py"), "local holds no other.py below its jobs");
        assert_eq!(found(&git, "jobs/../close.py"), "\"jobs/../close.py\" does not name a file");
        assert_eq!(found(&git, "jobs/"), "\"jobs/\" does not name a file");
        assert_eq!(found(&git, ""), "\"\" does not name a file");
    }

    #[test]
    fn the_next_hint_is_asked_where_the_first_finds_nothing() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n")]);
        let job = find_job(&git.repository(), &["<stdin>", "close.py"]).unwrap();
        let Job::Found(at_base) = job else { panic!("{job:?}") };
        assert_eq!((at_base.path.as_str(), at_base.text.as_str()), ("jobs/close.py", "a = 1\n"));
        assert_eq!(at_base.base, git.head());
        let none = find_job(&git.repository(), &[]).unwrap();
        assert!(matches!(none, Job::None(why) if why.starts_with("neither the event")));
    }

    #[test]
    fn what_is_not_ours_to_change_is_refused_with_its_reason() {
        let git = GitFolder::with(&[
            ("jobs/vendor/lib.py", "x = 1\n"),
            ("jobs/book.ipynb", "{}"),
            ("jobs/.github/ci.py", "x = 1\n"),
            ("jobs/real.py", "x = 1\n"),
            ("jobs/vendor/real.py", "x = 1\n"),
        ]);
        git.commit_raw("jobs/latin.py", b"# caf\xe9\n", 0o100_644);
        git.commit_raw("jobs/link.py", b"/etc/passwd", 0o120_000);
        git.commit_raw("jobs/large.py", &vec![b'#'; MOST_BYTES + 1], 0o100_644);
        assert!(found(&git, "lib.py").contains("copied from elsewhere"));
        assert!(found(&git, "book.ipynb").contains("notebook"));
        assert!(found(&git, "ci.py").contains("hidden"));
        assert_eq!(found(&git, "latin.py"), "jobs/latin.py is not UTF-8");
        assert_eq!(found(&git, "link.py"), "jobs/link.py is a symbolic link");
        assert!(found(&git, "large.py").contains("more than a job's source has"));
        assert_eq!(found(&git, "real.py"), "jobs/real.py", "a vendored namesake does not count");
    }

    #[test]
    fn a_missing_repository_or_branch_needs_a_person() {
        let git = GitFolder::with(&[("jobs/close.py", "a = 1\n")]);
        let refused = |repository: &Repository| match find_job(repository, &["close.py"]) {
            Err(ForgeError::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
        let elsewhere = Repository { path: "/nowhere/at-all".into(), ..git.repository() };
        assert!(refused(&elsewhere).contains("no git repository at /nowhere/at-all"));
        let branchless = Repository { base: "release".to_owned(), ..git.repository() };
        assert_eq!(refused(&branchless), "repository local has no branch release");
    }
}
