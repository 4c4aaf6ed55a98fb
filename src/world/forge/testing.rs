//! Real git repositories in temporary folders, and the cases that tests file about them.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{BranchType, FileMode, Oid, RepositoryInitOptions, Signature, Time};

use super::Repository;
use crate::records::{Case, FailureId, Pipeline};
use crate::runtime::Moment;

/// When everything in tests fails.
pub(crate) const FAILED_AT: Moment = Moment(1_795_454_740_462);

/// A failure of `dag.task`.
pub(crate) fn a_case(dag: &str, task: &str) -> Case {
    Case {
        failure_id: FailureId::of(&[dag, task]),
        pipeline: Pipeline {
            source: "airflow".to_owned(),
            project: "acme".to_owned(),
            dag_id: dag.to_owned(),
            task_id: task.to_owned(),
        },
        run_id: Some("scheduled__2026-11-23".to_owned()),
        attempt: Some(1),
        map_index: None,
        failed_at: FAILED_AT,
        exit_code: Some(1),
        known_to_have_failed: true,
        will_retry: false,
        job_file: None,
        application_id: None,
        event_log: None,
        history_url: None,
        log_url: None,
    }
}

/// A git repository `jobs.git` in a folder of its own.
pub(crate) struct GitFolder {
    folder: tempfile::TempDir,
    git: git2::Repository,
}

impl GitFolder {
    /// A bare repository whose `main` holds the files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        Self::init(true, files)
    }

    /// One with a working tree that shows `main`.
    pub fn checked_out(files: &[(&str, &str)]) -> Self {
        let folder = Self::init(false, files);
        folder.git.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).unwrap();
        folder
    }

    fn init(bare: bool, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("jobs.git");
        let mut options = RepositoryInitOptions::new();
        options.bare(bare).initial_head("main");
        let git = git2::Repository::init_opts(path, &options).expect("a new repository");
        let made = GitFolder { folder, git };
        for (path, text) in files {
            made.commit_raw(path, text.as_bytes(), 0o100_644);
        }
        made
    }

    pub fn path(&self) -> &Path {
        self.git.workdir().unwrap_or(self.git.path())
    }

    /// The operator's entry for it: all pipelines, jobs below `jobs`.
    pub fn repository(&self) -> Repository {
        Repository {
            name: "local".to_owned(),
            path: self.path().to_owned(),
            base: "main".to_owned(),
            jobs: "jobs".to_owned(),
            pipelines: vec!["*".to_owned()],
            pull_requests: Some(self.pull_requests().to_owned()),
        }
    }

    pub fn pull_requests(&self) -> std::path::PathBuf {
        self.folder.path().join("pull-requests")
    }

    pub fn commit_raw(&self, path: &str, bytes: &[u8], mode: i32) -> String {
        self.commit("main", path, bytes, mode)
    }

    /// A commit of a person.
    pub fn commit_on(&self, branch: &str, path: &str, text: &str) -> String {
        self.commit(branch, path, text.as_bytes(), 0o100_644)
    }

    fn commit(&self, branch: &str, path: &str, bytes: &[u8], mode: i32) -> String {
        let git = &self.git;
        let parent = git.find_branch(branch, BranchType::Local).ok();
        let parent = parent.map(|branch| branch.get().peel_to_commit().unwrap());
        let blob = git.blob(bytes).unwrap();
        let empty = git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
        let before = parent.as_ref().map_or(empty, |commit| commit.tree().unwrap());
        let mode = match mode {
            0o120_000 => FileMode::Link,
            0o100_755 => FileMode::BlobExecutable,
            _ => FileMode::Blob,
        };
        let mut update = TreeUpdateBuilder::new();
        let tree = update.upsert(path, blob, mode).create_updated(git, &before).unwrap();
        let ann = Signature::new("Ann", "ann@example.org", &Time::new(1_600_000_000, 0)).unwrap();
        let tree = git.find_tree(tree).unwrap();
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let name = format!("refs/heads/{branch}");
        git.commit(Some(&name), &ann, &ann, "work", &tree, &parents).unwrap().to_string()
    }

    pub fn head(&self) -> String {
        self.tip("main")
    }

    pub fn head_name(&self) -> String {
        self.git.head().unwrap().name().unwrap().to_owned()
    }

    pub fn tip(&self, branch: &str) -> String {
        self.git.find_branch(branch, BranchType::Local).unwrap().get().target().unwrap().to_string()
    }

    pub fn delete_branch(&self, branch: &str) {
        self.git.find_branch(branch, BranchType::Local).unwrap().delete().unwrap();
    }

    /// Names of all branches but `main`.
    pub fn branches(&self) -> Vec<String> {
        let all = self.git.branches(Some(BranchType::Local)).unwrap();
        let names = all.map(|branch| branch.unwrap().0.name().unwrap().unwrap().to_owned());
        names.filter(|name| name != "main").collect()
    }

    pub fn blob_at(&self, branch: &str, path: &str) -> String {
        self.entry(branch, path).id().to_string()
    }

    pub fn mode_at(&self, branch: &str, path: &str) -> i32 {
        self.entry(branch, path).filemode()
    }

    pub fn text_at(&self, branch: &str, path: &str) -> String {
        let blob = self.git.find_blob(self.entry(branch, path).id()).unwrap();
        String::from_utf8(blob.content().to_vec()).unwrap()
    }

    pub fn count_commits(&self, from: &str, to: &str) -> usize {
        let mut walk = self.git.revwalk().unwrap();
        walk.push(Oid::from_str(&self.tip(to)).unwrap()).unwrap();
        walk.hide(Oid::from_str(&self.tip(from)).unwrap()).unwrap();
        walk.count()
    }

    pub fn changed_files(&self, from: &str, to: &str) -> Vec<String> {
        let diff = self.git.diff_tree_to_tree(Some(&self.tree(from)), Some(&self.tree(to)), None);
        let diff = diff.unwrap();
        diff.deltas().map(|d| d.new_file().path().unwrap().display().to_string()).collect()
    }

    fn entry(&self, branch: &str, path: &str) -> git2::TreeEntry<'static> {
        self.tree(branch).get_path(path.as_ref()).unwrap()
    }

    fn tree(&self, branch: &str) -> git2::Tree<'_> {
        self.git.find_commit(Oid::from_str(&self.tip(branch)).unwrap()).unwrap().tree().unwrap()
    }
}
