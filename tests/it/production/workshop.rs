//! A folder with logs, a repository of jobs and an outbox, and settings that know them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use adp::config::{Channel, ChannelKind, Repository, Settings};
use adp::runtime::{Driver, Moment, Topology};
use adp::signatures::{Rulebook, Rules};
use adp::world::{Screen, World};
use serde_json::{Value, json};

/// When everything in these tests fails.
pub const START: Moment = Moment(1_795_454_740_000);

/// Failures that the workshop's logs and jobs belong to.
pub const CASES: [&str; 3] = ["email-clean-s35", "orders-daily-revenue-s35", "report-mailer-s40"];

pub struct Workshop {
    /// Removed in the end, unless a test failed and somebody will want to look.
    folder: PathBuf,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Workshop {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let at = |name: &str| folder.join(name);
        std::fs::create_dir_all(at("logs")).unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        for case in CASES {
            let log = golden.join(case).join("driver.log.gz");
            std::fs::copy(log, at("logs").join(format!("{case}.log.gz"))).unwrap();
        }
        make_repository(&at("jobs"));
        Workshop { folder, printed: Arc::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts a file among the logs and says where it is.
    pub fn log(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path("logs").join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.logs.roots = vec![self.path("logs")];
        settings.metrics.event_log_roots = vec![self.path("logs")];
        settings.logs.patience_seconds = 60;
        settings.metrics.patience_seconds = 60;
        settings.embedded.data = self.path("data");
        settings.embedded.listen = loopback();
        settings.embedded.registry_listen = loopback();
        settings.http.listen = loopback();
        settings.repositories = vec![Repository {
            name: "jobs".to_owned(),
            path: self.path("jobs"),
            branch: "main".to_owned(),
            pipelines: vec!["*".to_owned()],
            jobs: PathBuf::new(),
        }];
        settings.channels = vec![
            Channel {
                name: "terminal".to_owned(),
                kind: ChannelKind::Terminal,
                path: PathBuf::new(),
            },
            Channel {
                name: "outbox".to_owned(),
                kind: ChannelKind::Outbox,
                path: self.path("outbox"),
            },
        ];
        settings
    }

    pub fn screen(&self) -> Screen {
        Screen { writer: self.printed.clone(), width: 100 }
    }

    pub fn topology(&self) -> Topology {
        static BUILT_IN: LazyLock<Rulebook> =
            LazyLock::new(|| Rulebook::new(Rules::built_in().expect("the pack loads")));
        let settings = self.settings();
        let world = World::new(&settings, &self.screen()).expect("an HTTP client");
        adp::topology::topology(&settings, world, BUILT_IN.clone())
    }

    pub fn driver(&self, partitions: i32) -> Driver {
        Driver::new(self.topology(), partitions, START)
    }

    /// The event of a case, as a producer would send it.
    pub fn event(&self, case: &str) -> Value {
        let log = self.path("logs").join(format!("{case}.log.gz"));
        let task = case.rsplit_once('-').map_or(case, |(name, _)| name).replace('-', "_");
        json!({
            "source": "airflow", "dag_id": "nightly", "task_id": task, "run_id": "r1",
            "attempt": 1, "timestamp": START.0, "local_log_path": log.display().to_string(),
            "job_file": format!("{task}.py"), "exit_code": 1,
        })
    }

    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().expect("free")).into_owned()
    }

    /// What the world holds in the end.
    pub fn world(&self) -> InTheWorld {
        let git = git2::Repository::open(self.path("jobs")).unwrap();
        let main = git.find_branch("main", git2::BranchType::Local).unwrap();
        let base = main.get().peel_to_commit().unwrap().id();
        let mut branches = BTreeMap::new();
        for branch in git.branches(Some(git2::BranchType::Local)).unwrap() {
            let (branch, _) = branch.unwrap();
            let name = branch.name().unwrap().unwrap().to_owned();
            let head = branch.get().peel_to_commit().unwrap().id();
            let (ahead, _) = git.graph_ahead_behind(head, base).unwrap();
            branches.insert(name, (head.to_string(), ahead));
        }
        branches.remove("main");
        InTheWorld {
            branches,
            pull_requests: files(&self.path("pull-requests")),
            messages: files(&self.path("outbox")),
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what was there lies in {}", self.folder.display());
        } else {
            // What cannot be removed is only in a temporary folder.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Commit and number of commits of each branch; names of files.
#[derive(Debug, PartialEq, Eq)]
pub struct InTheWorld {
    pub branches: BTreeMap<String, (String, usize)>,
    pub pull_requests: BTreeSet<String>,
    pub messages: BTreeSet<String>,
}

fn files(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let names = entries.map(|entry| name(entry).into_string().unwrap());
    // What a kill left half written is hidden and never read.
    names.filter(|name| !name.starts_with('.')).collect()
}

fn loopback() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([127, 0, 0, 1], 0))
}

fn make_repository(path: &Path) {
    let mut options = git2::RepositoryInitOptions::new();
    let git = git2::Repository::init_opts(path, options.initial_head("main")).unwrap();
    let jobs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/production/jobs");
    let mut index = git.index().unwrap();
    for job in std::fs::read_dir(jobs).unwrap() {
        let job = job.unwrap();
        std::fs::copy(job.path(), path.join(job.file_name())).unwrap();
        index.add_path(Path::new(&job.file_name())).unwrap();
    }
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    let author =
        git2::Signature::new("Dana", "dana@example.com", &git2::Time::new(START.0 / 1000, 0));
    let author = author.unwrap();
    git.commit(Some("HEAD"), &author, &author, "Jobs", &tree, &[]).unwrap();
    std::io::stdout().flush().unwrap();
}
