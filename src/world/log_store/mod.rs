//! Logs wherever they are: on this machine's disks, behind HTTP, in an object store, in Airflow.
//!
//! Addresses come from events, and events can be forged: nothing is opened that the settings do not
//! name. Whatever a log is packed with and however long it is, reading it takes the same memory and
//! a bounded time, and ends in an explanation where it does not end in the log's own end.

mod address;
mod parts;
mod local;
mod transfer;
mod web;
mod objects;
mod airflow;
mod unpack;
mod utf16;
mod entries;
mod cap;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use address::{Address, ObjectAddress, StoreKind, TaskLog};
pub use airflow::Airflow;
pub use cap::{Gap, Noted, Notes};
pub use objects::{Objects, option_id};
pub use transfer::Pace;
pub use web::Web;

use self::cap::{HeadAndTail, Jump};
use self::unpack::{Text, unpack};
use super::roots::Roots;
use crate::runtime::Moment;
use crate::runtime::clock::Stopwatch;

/// Where logs may be read, and how much of one.
#[derive(Clone, Debug)]
pub struct LogStore {
    roots: Roots,
    web: Web,
    objects: Objects,
    airflow: Airflow,
    most_bytes: u64,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// It may still come.
    #[error("{0}")]
    Missing(String),
    /// Whoever has it cannot give it now, and may have said when to ask again.
    #[error("{what}")]
    Busy { what: String, again: Option<Again> },
    /// It is not ours to read, whatever is there.
    #[error("{0}")]
    Refused(String),
    #[error("failed to read {path}: {source}")]
    Unreadable { path: String, source: io::Error },
}

/// When a server wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    After(Duration),
    At(Moment),
}

impl Unavailable {
    pub(crate) fn missing(address: &impl std::fmt::Display) -> Self {
        Unavailable::Missing(format!("{address} does not exist"))
    }

    pub(crate) fn busy(what: impl Into<String>) -> Self {
        Unavailable::Busy { what: what.into(), again: None }
    }
}

/// One log that an address stands for; several where it is a folder or a pattern.
#[derive(Clone, Debug)]
pub struct Found {
    /// By which people tell it from the others of the address.
    pub name: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// One file, or the parts of one log, the oldest first.
    Local(Vec<local::Part>),
    Web(web::Asked),
    /// Likewise.
    Objects(Vec<objects::Object>),
    Airflow(TaskLog),
}

/// A log that can be read now.
pub struct Opened {
    pub text: Box<dyn Read + Send>,
    pub notes: Notes,
}

impl LogStore {
    /// Local logs alone. `most_bytes` is counted unpacked.
    pub fn new(roots: Roots, most_bytes: u64) -> Self {
        LogStore {
            roots,
            web: Web::default(),
            objects: Objects::default(),
            airflow: Airflow::default(),
            most_bytes,
        }
    }

    /// Those places as well.
    pub fn with_remote(self, web: Web, objects: Objects, airflow: Airflow) -> Self {
        LogStore { web, objects, airflow, ..self }
    }

    /// The page of an Airflow that the settings name is that Airflow's log.
    pub fn is_airflow(&self, page: &reqwest::Url) -> bool {
        self.airflow.has(page)
    }

    /// Whether the settings name a web server that has it.
    pub fn may_ask(&self, address: &Address) -> bool {
        matches!(address, Address::Web(url) if self.web.vet(url).is_ok())
    }

    /// Whether Airflow may be asked by name alone.
    pub fn knows_one_airflow(&self) -> bool {
        self.airflow.is_one()
    }

    /// What the address stands for; not empty.
    ///
    /// # Errors
    /// `Missing` also for a folder or a pattern without a single log.
    pub async fn find(&self, address: &Address) -> Result<Vec<Found>, Unavailable> {
        let one = |place| vec![Found { name: address.name(), place }];
        let found = match address {
            Address::Local(path) => local::find(&self.roots, path)?,
            Address::Web(url) => one(Place::Web(self.web.vet(url)?)),
            Address::Object(object) => self.objects.find(object).await?,
            Address::Airflow(task) => one(Place::Airflow(task.clone())),
        };
        if found.is_empty() { Err(Unavailable::missing(address)) } else { Ok(found) }
    }

    /// The log's text from its beginning, unpacked, and without its middle where it is too long.
    /// To be read outside of the async runtime that this runs on.
    ///
    /// # Errors
    /// Where not a byte can be had. What goes wrong later is found by reading.
    pub async fn open(&self, found: &Found, until: &Until) -> Result<Opened, Unavailable> {
        let notes = Notes::default();
        let (raw, jump) = match &found.place {
            Place::Local(parts) => local::open(parts, &notes)?,
            Place::Web(asked) => self.web.open(asked.clone(), until, &notes).await?,
            Place::Objects(parts) => self.objects.open(parts, until, &notes).await?,
            Place::Airflow(task) => (self.airflow.open(task, until, &notes).await?, None),
        };
        let (store, until, name) = (self.clone(), until.clone(), found.name.clone());
        let noted = notes.clone();
        let opening = move || store.text(raw, jump, &until, noted);
        let text = tokio::task::spawn_blocking(opening).await;
        let text = text.unwrap_or_else(|broken| Err(io::Error::other(broken)));
        let text = text.map_err(|source| Unavailable::Unreadable { path: name, source })?;
        Ok(Opened { text, notes })
    }

    /// The same for one file of this machine, on a thread that may block.
    ///
    /// # Errors
    /// Where not a byte can be had.
    pub fn open_file(&self, path: &str, until: &Until) -> Result<Opened, Unavailable> {
        let notes = Notes::default();
        let parts = local::find(&self.roots, path)?;
        let unreadable = |source| Unavailable::Unreadable { path: path.to_owned(), source };
        let Some(Found { place: Place::Local(parts), .. }) = parts.first() else {
            return Err(Unavailable::Missing(format!("{path} does not exist")));
        };
        let (raw, jump) = local::open(parts, &notes)?;
        let text = self.text(raw, jump, until, notes.clone()).map_err(unreadable)?;
        Ok(Opened { text, notes })
    }

    fn text(&self, raw: Text, jump: Option<Jump>, until: &Until, notes: Notes) -> io::Result<Text> {
        let raw: Text = Box::new(Bounded { inner: raw, until: until.clone() });
        let (text, is_plain) = unpack(raw, &notes)?;
        let jump = jump.filter(|_| is_plain);
        Ok(Box::new(HeadAndTail::new(text, jump, self.most_bytes, notes)))
    }
}

/// How long reading may go on.
#[derive(Clone)]
pub struct Until {
    since: Stopwatch,
    most: Duration,
    stop: Arc<AtomicBool>,
}

impl Until {
    /// From now; earlier once `stop` is set.
    pub fn new(most: Duration, stop: Arc<AtomicBool>) -> Self {
        Until { since: Stopwatch::start(), most, stop }
    }

    fn check(&self) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        if self.left().is_zero() { Err(self.over()) } else { Ok(()) }
    }

    fn left(&self) -> Duration {
        self.most.saturating_sub(self.since.elapsed())
    }

    fn over(&self) -> io::Error {
        io::Error::other(format!("the logs took longer than {} seconds", self.most.as_secs()))
    }
}

/// Ends when the time is over or nobody waits any more.
struct Bounded {
    inner: Text,
    until: Until,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.until.check()?;
        self.inner.read(buffer)
    }
}

type Raw = (Text, Option<Jump>);
