//! What the user named: each file there and readable, and the failure that they tell of.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context;
use reqwest::Url;
use tempfile::TempDir;

use crate::cli::Usage;
use crate::config::{Environment, ObjectLogs, Settings, WebLogs};
use crate::records::Failure;
use crate::runtime::{Clock, Moment, WallClock};
use crate::stages::read_logs::MOST_LOGS;
use crate::world::log_store::Address;

/// What may be said about one run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Named {
    /// Log of the driver, or of the Airflow task that ran it: a file, a folder of the run's logs, a
    /// pattern such as 'driver.log*', or an address; `-` reads standard input.
    #[arg(value_name = "DRIVER_LOG")]
    pub driver_log: PathBuf,

    /// Logs of executors; they often hold what the driver only hears of.
    #[arg(long, value_name = "LOG", num_args = 1..)]
    pub executor_log: Vec<PathBuf>,

    /// Spark event log: a file, a rolling folder, or a folder of event logs together with --app.
    #[arg(long, value_name = "PATH")]
    pub event_log: Option<PathBuf>,

    /// Spark History Server to ask, as in http://history:18080.
    #[arg(long, value_name = "URL", requires = "app")]
    pub history_url: Option<String>,

    /// Spark application, as in application_1763_0042.
    #[arg(long, value_name = "ID")]
    pub app: Option<String>,

    /// Source of the job, for the fix.
    #[arg(long, value_name = "JOB.py")]
    pub job: Option<PathBuf>,

    /// How the driver's process ended; a log does not always say.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub exit_code: Option<i32>,
}

/// The failure, and what may be read and asked on its behalf.
pub struct Inputs {
    pub failure: Failure,
    /// Files of this machine.
    pub logs: Vec<PathBuf>,
    /// Addresses of logs elsewhere.
    pub elsewhere: Vec<Address>,
    pub event_logs: Vec<PathBuf>,
    /// Name and port of the History Server.
    pub history_host: Option<String>,
    /// Holds what came through a pipe for as long as it is read.
    _spool: Option<TempDir>,
}

impl Inputs {
    /// What an event tells of, as far as the settings let it be read.
    pub fn of_event(failure: Failure, settings: &Settings) -> Inputs {
        let event_logs = &settings.metrics.event_log_roots;
        Inputs {
            failure,
            logs: settings.logs.roots.clone(),
            elsewhere: Vec::new(),
            event_logs: event_logs.clone(),
            history_host: None,
            _spool: None,
        }
    }

    /// Puts the addresses that the user named on the lists of what may be asked. What the settings
    /// have an account for keeps it.
    pub fn allow_in(&self, settings: &mut Settings, env: &Environment) {
        for address in &self.elsewhere {
            match address {
                Address::Web(url) => settings.logs.web.push(WebLogs::plain(url.as_str())),
                Address::Object(object) => {
                    let mut bucket = ObjectLogs::plain(object.root());
                    bucket.fill_from(env);
                    settings.logs.objects.push(bucket);
                }
                Address::Local(_) | Address::Airflow(_) => {}
            }
        }
    }

    /// # Errors
    /// `Usage` for a file that is not there or cannot be read, and for an address that is none.
    pub fn of(args: &Named, most_bytes: u64) -> anyhow::Result<Inputs> {
        let mut spool = Spool { folder: None, most_bytes };
        let driver = spool.log(&args.driver_log)?;
        let mut logs = vec![driver.clone()];
        for log in &args.executor_log {
            let log = spool.log(log)?;
            // Globs overlap; what is read twice would count twice.
            if !logs.contains(&log) {
                logs.push(log);
            }
        }
        let texts: Vec<String> = logs.iter().map(Log::text).collect::<Result<_, _>>()?;
        if logs.len() > MOST_LOGS {
            let most = MOST_LOGS - 1;
            let given = logs.len() - 1;
            return Err(wrong(format!("{given} executor logs are given, {most} are the most")));
        }
        let event_log = args.event_log.as_deref().map(event_log).transpose()?;
        let failure = Failure {
            job_id: Some(args.job.as_deref().map_or_else(|| driver.name(), name_of)),
            timestamp: Some(driver.last_written()),
            log_path: Some(texts[0].clone()),
            executor_log_paths: texts[1..].to_vec(),
            job_file: args.job.as_deref().map(name_of),
            application_id: args.app.clone(),
            event_log_path: event_log.as_deref().map(text_of).transpose()?,
            history_url: args.history_url.clone(),
            exit_code: args.exit_code,
            // Whoever asks may not know either.
            known_to_have_failed: Some(false),
            ..Failure::default()
        };
        let history_host = args.history_url.as_deref().map(host_of).transpose()?;
        let (mut files, mut elsewhere) = (Vec::new(), Vec::new());
        for log in logs {
            match log {
                Log::File(path) | Log::Folder(path) => files.push(path),
                Log::Pattern { base, .. } => files.push(base),
                Log::Elsewhere { address, .. } => elsewhere.push(address),
            }
        }
        Ok(Inputs {
            failure,
            logs: files,
            elsewhere,
            event_logs: event_log.into_iter().collect(),
            history_host,
            _spool: spool.folder,
        })
    }
}

/// A log that was named.
#[derive(Clone, PartialEq)]
enum Log {
    File(PathBuf),
    /// What lies in it is found when it is read.
    Folder(PathBuf),
    Pattern {
        pattern: PathBuf,
        /// The folder before the first part that is a pattern.
        base: PathBuf,
    },
    Elsewhere {
        text: String,
        address: Address,
    },
}

impl Log {
    fn text(&self) -> anyhow::Result<String> {
        match self {
            Log::File(path) | Log::Folder(path) => text_of(path),
            Log::Pattern { pattern, .. } => text_of(pattern),
            Log::Elsewhere { text, .. } => Ok(text.clone()),
        }
    }

    fn name(&self) -> String {
        match self {
            Log::File(path) | Log::Folder(path) => name_of(path),
            Log::Pattern { pattern, .. } => name_of(pattern),
            Log::Elsewhere { address, .. } => address.name(),
        }
    }

    fn last_written(&self) -> Moment {
        match self {
            Log::File(path) | Log::Folder(path) => last_written(path),
            Log::Pattern { .. } | Log::Elsewhere { .. } => WallClock.now(),
        }
    }
}

/// Keeps what can be read only once, because a log is opened twice: to see whether it is there,
/// and to read it.
struct Spool {
    folder: Option<TempDir>,
    most_bytes: u64,
}

impl Spool {
    /// A log as an absolute path, or as its address.
    fn log(&mut self, path: &Path) -> anyhow::Result<Log> {
        let address = path.to_str().filter(|text| text.contains("://"));
        match address.map(|text| (text, Address::parse(text))) {
            Some((_, Err(why))) => Err(wrong(why.to_string())),
            Some((text, Ok(address))) if !matches!(address, Address::Local(_)) => {
                Ok(Log::Elsewhere { text: text.to_owned(), address })
            }
            _ => self.local(path),
        }
    }

    fn local(&mut self, path: &Path) -> anyhow::Result<Log> {
        if path == Path::new("-") {
            return self.keep("stdin", io::stdin().lock()).map(Log::File);
        }
        let cannot = |error| cannot_read(path, error);
        let kind = match fs::metadata(path) {
            Ok(kind) => kind,
            // What exists under that very name is no pattern.
            Err(error) => return pattern(path)?.ok_or_else(|| cannot(error)),
        };
        if kind.is_dir() {
            fs::read_dir(path).map_err(cannot)?;
            let folder = absolute(path)?;
            let within = glob::Pattern::escape(&text_of(&folder)?);
            has_a_file(&format!("{within}/**/*"), path)?;
            return Ok(Log::Folder(folder));
        }
        let file = File::open(path).map_err(cannot)?;
        let path = if kind.is_file() { absolute(path) } else { self.keep(&name_of(path), file) };
        path.map(Log::File)
    }

    fn keep(&mut self, name: &str, content: impl Read) -> anyhow::Result<PathBuf> {
        let doing = || format!("failed to keep what comes from {name}");
        if self.folder.is_none() {
            self.folder = Some(TempDir::with_prefix("adp-").with_context(doing)?);
        }
        let folder = self.folder.as_ref().expect("made above");
        let path = folder.path().join(name);
        let mut file = File::create_new(&path).with_context(doing)?;
        // One more byte than is read of any log, so that the summary says that there was more.
        io::copy(&mut content.take(self.most_bytes.saturating_add(1)), &mut file)
            .with_context(doing)?;
        Ok(path)
    }
}

/// None where it is not one.
fn pattern(path: &Path) -> anyhow::Result<Option<Log>> {
    let pattern = absolute(path)?;
    let is_plain = |part: &Path| !part.to_string_lossy().contains(['*', '?', '[']);
    let Some(base) = pattern.ancestors().find(|folder| is_plain(folder)) else { return Ok(None) };
    if base == pattern {
        return Ok(None);
    }
    has_a_file(&text_of(&pattern)?, path)?;
    let base = base.to_owned();
    Ok(Some(Log::Pattern { pattern, base }))
}

fn has_a_file(pattern: &str, named: &Path) -> anyhow::Result<()> {
    let named = named.display();
    let mut found =
        glob::glob(pattern).map_err(|error| wrong(format!("{named} is no pattern: {error}")))?;
    let is_there = found.any(|found| found.is_ok_and(|found| found.is_file()));
    if is_there { Ok(()) } else { Err(wrong(format!("there is no log at {named}"))) }
}

fn event_log(path: &Path) -> anyhow::Result<PathBuf> {
    let kind = fs::metadata(path).map_err(|error| cannot_read(path, error))?;
    if kind.is_file() {
        File::open(path).map_err(|error| cannot_read(path, error))?;
    }
    absolute(path)
}

/// Without a look at the disk: links keep the names that the user knows.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).map_err(|error| cannot_read(path, error))
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| wrong(format!("{} is not called in UTF-8", path.display())))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A log is last written to when its run ends.
fn last_written(log: &Path) -> Moment {
    let modified = fs::metadata(log).and_then(|metadata| metadata.modified()).ok();
    let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    since.map_or_else(|| WallClock.now(), |since| Moment::default().plus(since))
}

fn host_of(url: &str) -> anyhow::Result<String> {
    let parsed = Url::parse(url).map_err(|error| wrong(format!("--history-url {url}: {error}")))?;
    match (parsed.scheme(), parsed.host_str()) {
        ("http" | "https", Some(host)) => {
            Ok(parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        }
        _ => Err(wrong(format!("--history-url {url}: not an http(s) address"))),
    }
}

/// A file that was named and cannot be read.
pub fn cannot_read(path: &Path, error: io::Error) -> anyhow::Error {
    wrong(format!("failed to read {}: {error}", path.display()))
}

/// A mistake of whoever typed the command.
pub fn wrong(what: String) -> anyhow::Error {
    Usage(what).into()
}
