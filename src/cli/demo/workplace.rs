//! The demo's folder: logs and events, a git repository of jobs, and what the steps leave there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use git2::{IndexAddOption, RepositoryInitOptions, Signature, Time};
use serde_json::Value;

use super::cases::{CASES, Case, File};
use crate::cli::Usage;
use crate::config::{Channel, ChannelKind, KafkaMode, Repository, Settings};
use crate::service::Service;

/// When the jobs were committed: before any of them failed.
const COMMITTED_AT: i64 = 1_795_392_000;
/// Folders with our name that may lie about before we ask people to clean up.
const MOST_FOLDERS: usize = 1_000;

/// A folder that belongs to one demo.
#[derive(Clone, Debug)]
pub struct Workplace {
    root: PathBuf,
    cluster: Option<Cluster>,
}

/// Brokers and a schema registry of somebody else.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub bootstrap: String,
    pub registry: String,
}

/// An event as it goes onto the topic.
#[derive(Clone, Debug)]
pub struct Event {
    /// The pipeline that failed, as people call it.
    pub pipeline: String,
    pub json: Value,
    /// How often it is sent.
    pub times: usize,
}

impl Workplace {
    /// A new folder below the machine's folder for temporary files.
    ///
    /// # Errors
    /// When none can be made there.
    pub fn fresh() -> anyhow::Result<Self> {
        let above = std::env::temp_dir();
        for number in 1..=MOST_FOLDERS {
            let folder = match number {
                1 => above.join("adp-demo"),
                _ => above.join(format!("adp-demo-{number}")),
            };
            match fs::create_dir(&folder) {
                Ok(()) => return Workplace::new(&folder),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).context(format!("failed to make {}", folder.display()));
                }
            }
        }
        let above = above.display();
        Err(Usage(format!(
            "{above} is full of adp-demo folders; delete them, or name one with --dir"
        ))
        .into())
    }

    /// The folder that somebody named; it is made where it is missing, and must be empty.
    ///
    /// # Errors
    /// When it is not empty or cannot be made.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        let doing = || format!("failed to make the folder {}", folder.display());
        fs::create_dir_all(folder).with_context(doing)?;
        if fs::read_dir(folder).with_context(doing)?.next().is_some() {
            let folder = folder.display();
            return Err(Usage(format!(
                "{folder} is not empty; the demo needs a folder of its own"
            ))
            .into());
        }
        Workplace::new(folder)
    }

    /// Settings and events hold absolute paths, so that they work from anywhere.
    fn new(folder: &Path) -> anyhow::Result<Self> {
        let root = folder.canonicalize().context("failed to resolve the demo's folder")?;
        Ok(Workplace { root, cluster: None })
    }

    /// The same, with the topics on a cluster that is there already.
    #[must_use]
    pub fn on(self, cluster: Cluster) -> Self {
        Workplace { cluster: Some(cluster), ..self }
    }

    /// Everything lies below it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The git repository of the jobs.
    pub fn repository(&self) -> PathBuf {
        self.root.join("etl")
    }

    /// One file per conversation.
    pub fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    /// One file per pull request.
    pub fn pull_requests(&self) -> PathBuf {
        self.root.join("pull-requests")
    }

    /// One folder per failure.
    pub fn cases(&self) -> PathBuf {
        self.root.join("cases")
    }

    /// Where the settings lie, for commands beside the demo.
    pub fn settings_file(&self) -> PathBuf {
        self.root.join("adp.toml")
    }

    /// Unpacks the logs and commits the jobs; gives the events, in the order of publishing.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn furnish(&self) -> anyhow::Result<Vec<Event>> {
        let events = CASES.iter().map(|case| self.write_case(case)).collect::<Result<_, _>>()?;
        self.commit_jobs().context("failed to make the git repository of the jobs")?;
        Ok(events)
    }

    /// An installation that lies wholly in this folder; ports are the system's choice.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.embedded.listen.set_port(0);
        settings.embedded.registry_listen.set_port(0);
        settings.embedded.data = self.root.join("data");
        settings.http.listen.set_port(0);
        if let Some(Cluster { bootstrap, registry }) = &self.cluster {
            settings.kafka.mode = KafkaMode::Remote;
            settings.kafka.bootstrap.clone_from(bootstrap);
            settings.registry.url.clone_from(registry);
        }
        settings.logs.roots = vec![self.cases()];
        settings.metrics.event_log_roots = vec![self.cases()];
        settings.repositories = vec![Repository {
            name: "etl".to_owned(),
            path: self.repository(),
            branch: "main".to_owned(),
            pipelines: CASES.iter().filter(|case| case.job.is_some()).map(pipeline_of).collect(),
            jobs: "jobs".into(),
        }];
        settings.channels = vec![Channel {
            name: "outbox".to_owned(),
            kind: ChannelKind::Outbox,
            path: self.outbox(),
        }];
        settings
    }

    /// Writes the settings with the ports that the service got, so that other commands find it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_settings(&self, service: &Service) -> anyhow::Result<()> {
        let mut settings = self.settings();
        if self.cluster.is_none() {
            settings.embedded.listen = service.endpoint().bootstrap.parse()?;
            let registry = service.registry_url().trim_start_matches("http://");
            settings.embedded.registry_listen = registry.trim_end_matches('/').parse()?;
        }
        settings.http.listen = service.health_address();
        let path = self.settings_file();
        fs::write(&path, text_of(&settings)?)
            .with_context(|| format!("failed to write {}", path.display()))
    }

    fn write_case(&self, case: &Case) -> anyhow::Result<Event> {
        let folder = self.cases().join(case.name);
        let doing = || format!("failed to write {}", folder.display());
        fs::create_dir_all(&folder).with_context(doing)?;
        for file in case.files {
            fs::write(folder.join(file.name), content(file)?).with_context(doing)?;
        }
        let json = located(event_of(case), &folder.to_string_lossy());
        fs::write(folder.join("event.json"), format!("{json:#}\n")).with_context(doing)?;
        Ok(Event { pipeline: pipeline_of(case), json, times: case.sent })
    }

    fn commit_jobs(&self) -> anyhow::Result<()> {
        let jobs = self.repository().join("jobs");
        fs::create_dir_all(&jobs)?;
        for case in &CASES {
            if let Some(job) = case.job {
                fs::write(jobs.join(format!("{}.py", case.name)), job)?;
            }
        }
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        let git = git2::Repository::init_opts(self.repository(), &options)?;
        let mut index = git.index()?;
        index.add_all(["jobs"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = git.find_tree(index.write_tree()?)?;
        let author = Signature::new("Data team", "data@example.org", &Time::new(COMMITTED_AT, 0))?;
        git.commit(Some("HEAD"), &author, &author, "Jobs as they run in production\n", &tree, &[])?;
        Ok(())
    }
}

/// The sections that the demo sets; the others stay at their defaults.
fn text_of(settings: &Settings) -> anyhow::Result<String> {
    let Settings { kafka, registry, embedded, logs, metrics, repositories, channels, http, .. } =
        settings;
    let mut tree = toml::Table::new();
    tree.insert("channels".to_owned(), toml::Value::try_from(channels)?);
    tree.insert("embedded".to_owned(), toml::Value::try_from(embedded)?);
    tree.insert("http".to_owned(), toml::Value::try_from(http)?);
    tree.insert("logs".to_owned(), toml::Value::try_from(logs)?);
    tree.insert("metrics".to_owned(), toml::Value::try_from(metrics)?);
    tree.insert("repositories".to_owned(), toml::Value::try_from(repositories)?);
    if kafka.mode == KafkaMode::Remote {
        let section = |pairs: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
            toml::Value::Table(pairs.iter().map(pair).collect())
        };
        let bootstrap = kafka.bootstrap.as_str();
        tree.insert("kafka".to_owned(), section(&[("mode", "remote"), ("bootstrap", bootstrap)]));
        tree.insert("registry".to_owned(), section(&[("url", &registry.url)]));
    }
    let about = "# Settings of one demo. The ports are those that it had.\n\n";
    Ok(format!("{about}{}", toml::to_string(&tree)?))
}

fn event_of(case: &Case) -> Value {
    serde_json::from_str(case.event).expect("a test reads the event of every case")
}

fn pipeline_of(case: &Case) -> String {
    let event = event_of(case);
    let name = |field: &str| event[field].as_str();
    let names = [name("dag_id"), name("task_id").or(name("job_id"))];
    names.into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// As it belongs into the folder: a name that ends like its packing stays packed.
fn content(file: &File) -> io::Result<Vec<u8>> {
    match Path::new(file.name).extension().and_then(|extension| extension.to_str()) {
        Some("zst" | "gz") => Ok(file.packed.to_vec()),
        _ => zstd::decode_all(file.packed),
    }
}

/// The event with `{case}` replaced by the folder of the case.
fn located(json: Value, folder: &str) -> Value {
    match json {
        Value::String(text) => Value::String(text.replace("{case}", folder)),
        Value::Array(items) => items.into_iter().map(|item| located(item, folder)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, located(value, folder))).collect()
        }
        other => other,
    }
}
