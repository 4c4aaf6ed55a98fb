//! A log that comes over a network as if it were a file: read on where a transfer broke.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::cap::{Jump, Landed, Notes};
use super::objects::Object;
use super::unpack::Text;
use super::web::Fetch;
use super::{Unavailable, Until};
use crate::runtime::clock::Stopwatch;

/// Transfers that end one after the other without a new byte before the log is given up.
const MOST_BREAKS: u32 = 4;

/// How long to wait for whoever has the log.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub connect: Duration,
    /// From the question to the first byte of the answer.
    pub answer: Duration,
    /// Between two pieces of the log.
    pub idle: Duration,
    /// After a broken transfer; doubled with each that brings nothing.
    pub pause: Duration,
    /// Bytes a second. A server that gives fewer holds up whoever waits, and nobody reads on.
    pub least_rate: u32,
    /// For how much of the waiting the rate is measured. Time in which we read, and do not wait, is
    /// not counted.
    pub measured: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            pause: Duration::from_millis(250),
            least_rate: 1024,
            measured: Duration::from_secs(30),
        }
    }
}

/// Who can be asked for a log from any place on.
#[derive(Clone, Debug)]
pub enum Origin {
    Web(Fetch),
    Object(Object),
}

/// The log from some place on.
pub struct Answer {
    /// Bytes before the first that comes; 0 where it cannot be read from elsewhere.
    pub at: u64,
    /// Of the whole log, if it is known.
    pub length: Option<u64>,
    /// Changes with the log's content: an `ETag` or a date.
    pub version: Option<String>,
    pub chunks: Chunks,
}

/// What is still to come of an answer.
pub enum Chunks {
    Web(reqwest::Response),
    Object(BoxStream<'static, object_store::Result<Bytes>>),
}

impl Chunks {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Chunks::Web(response) => {
                response.chunk().await.map_err(|error| io::Error::other(error.without_url()))
            }
            Chunks::Object(stream) => {
                stream.next().await.transpose().map_err(|error| io::Error::other(error.to_string()))
            }
        }
    }
}

impl Origin {
    /// # Errors
    /// As opening a log. `Missing` also where it was replaced by a shorter one.
    async fn ask(&self, from: u64, version: Option<&str>) -> Result<Answer, Unavailable> {
        match self {
            Origin::Web(fetch) => fetch.ask(from, version).await,
            Origin::Object(object) => object.ask(from, version).await,
        }
    }

    fn pace(&self) -> Pace {
        match self {
            Origin::Web(fetch) => fetch.pace(),
            Origin::Object(object) => object.pace(),
        }
    }
}

/// Asks for the log; what comes is read on the thread that wants it.
///
/// # Errors
/// Where not a byte can be had.
pub async fn open(
    origin: Origin,
    until: &Until,
    notes: &Notes,
) -> Result<(Transfer, Jump), Unavailable> {
    let answer = origin.ask(0, None).await?;
    let (length, version) = (answer.length, answer.version.clone());
    let (handle, until, notes) = (Handle::current(), until.clone(), notes.clone());
    let transfer =
        Transfer::new(handle.clone(), origin.clone(), answer, until.clone(), notes.clone());
    let jump: Jump = Box::new(move |most| {
        let Some(at) = length.map(|length| length.saturating_sub(most)) else { return Ok(None) };
        let Ok(answer) = handle.block_on(origin.ask(at, version.as_deref())) else {
            return Ok(None);
        };
        // Who ignores ranges begins at the beginning, which we have begun already.
        let lands = answer.at == at && answer.version == version;
        let landed = |answer| Box::new(Transfer::new(handle, origin, answer, until, notes)) as Text;
        Ok(lands.then(|| Landed { text: landed(answer), at }))
    });
    Ok((transfer, jump))
}

/// The bytes of a log as they come.
pub struct Transfer {
    handle: Handle,
    origin: Origin,
    chunks: Chunks,
    chunk: Bytes,
    at: u64,
    length: Option<u64>,
    version: Option<String>,
    /// Since the last byte.
    n_breaks: u32,
    rate: Rate,
    until: Until,
    notes: Notes,
}

impl Transfer {
    fn new(handle: Handle, origin: Origin, answer: Answer, until: Until, notes: Notes) -> Self {
        let Answer { at, length, version, chunks } = answer;
        Transfer {
            handle,
            origin,
            chunks,
            chunk: Bytes::new(),
            at,
            length,
            version,
            n_breaks: 0,
            rate: Rate::default(),
            until,
            notes,
        }
    }

    /// The next piece, an empty one at the end; reads on where a transfer broke.
    ///
    /// # Errors
    /// When it broke for good, comes too slowly, or when the time for all logs is over.
    pub async fn next(&mut self) -> io::Result<Bytes> {
        let until = self.until.clone();
        match timeout(until.left(), self.receive()).await {
            Ok(received) => received,
            Err(_) => Err(until.over()),
        }
    }

    async fn receive(&mut self) -> io::Result<Bytes> {
        loop {
            if !self.chunk.is_empty() {
                self.n_breaks = 0;
                return Ok(std::mem::take(&mut self.chunk));
            }
            let idle = self.origin.pace().idle;
            let broken = match timeout(idle, self.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    self.at += chunk.len() as u64;
                    self.n_breaks = 0;
                    self.keep_pace()?;
                    return Ok(chunk);
                }
                Ok(Ok(None)) if self.length.is_none_or(|length| self.at >= length) => {
                    return Ok(Bytes::new());
                }
                Ok(Ok(None)) => "it ended early".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("nothing came for {} seconds", idle.as_secs_f32()),
            };
            self.resume(&broken).await?;
        }
    }

    /// The next that is not empty.
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let waiting = Stopwatch::start();
        loop {
            let chunk = self.chunks.next().await?;
            if let Some(chunk) = &chunk {
                if chunk.is_empty() {
                    continue;
                }
                self.rate.add(waiting.elapsed(), chunk.len());
            }
            return Ok(chunk);
        }
    }

    fn keep_pace(&mut self) -> io::Result<()> {
        let Pace { least_rate, measured, .. } = self.origin.pace();
        if self.rate.is_below(least_rate, measured) {
            let (at, seconds) = (self.at, measured.as_secs_f32());
            return Err(io::Error::other(format!(
                "the transfer was given up after {at} bytes: for {seconds} seconds fewer than \
                 {least_rate} bytes a second came"
            )));
        }
        Ok(())
    }

    async fn resume(&mut self, broken: &str) -> io::Result<()> {
        let given_up = |why: &str, at: u64| {
            io::Error::other(format!("the transfer broke after {at} bytes and was given up: {why}"))
        };
        loop {
            self.n_breaks += 1;
            if self.n_breaks > MOST_BREAKS {
                return Err(given_up(broken, self.at));
            }
            sleep(self.origin.pace().pause * (1 << self.n_breaks)).await;
            match self.origin.ask(self.at, self.version.as_deref()).await {
                Ok(answer) if self.is_another(&answer) => {
                    self.notes.note(|noted| noted.changed = true);
                    let at = self.at;
                    return Err(io::Error::other(format!(
                        "the log changed after {at} bytes were read"
                    )));
                }
                Ok(answer) => {
                    if self.continue_with(answer).await? {
                        return Ok(());
                    }
                }
                Err(Unavailable::Busy { .. }) => {}
                Err(why) => return Err(given_up(&why.to_string(), self.at)),
            }
        }
    }

    fn is_another(&self, answer: &Answer) -> bool {
        let is_shorter = answer.length.is_some_and(|length| length < self.at);
        answer.version != self.version || answer.at > self.at || is_shorter
    }

    /// Whoever cannot begin elsewhere begins at the beginning: what we had goes by. False where
    /// that breaks as well.
    async fn continue_with(&mut self, answer: Answer) -> io::Result<bool> {
        self.chunks = answer.chunks;
        let mut left = usize::try_from(self.at - answer.at).unwrap_or(usize::MAX);
        while left > 0 {
            match timeout(self.origin.pace().idle, self.chunk()).await {
                Ok(Ok(Some(mut chunk))) => {
                    self.keep_pace()?;
                    let known = left.min(chunk.len());
                    left -= known;
                    self.chunk = chunk.split_off(known);
                    self.at += self.chunk.len() as u64;
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// How fast the log comes while we wait for it.
#[derive(Default)]
struct Rate {
    waited: Duration,
    n_bytes: u64,
}

impl Rate {
    fn add(&mut self, waited: Duration, n_bytes: usize) {
        self.waited += waited;
        self.n_bytes += n_bytes as u64;
    }

    /// Once `measured` is over; then it is measured anew.
    fn is_below(&mut self, least_rate: u32, measured: Duration) -> bool {
        if self.waited < measured {
            return false;
        }
        let Rate { waited, n_bytes } = std::mem::take(self);
        (n_bytes as f64) < f64::from(least_rate) * waited.as_secs_f64()
    }
}

impl Read for Transfer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            let handle = self.handle.clone();
            self.chunk = handle.block_on(self.next())?;
        }
        let n = buffer.len().min(self.chunk.len());
        buffer[..n].copy_from_slice(&self.chunk.split_to(n));
        Ok(n)
    }
}
