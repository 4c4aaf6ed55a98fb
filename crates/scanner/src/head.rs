//! The record that a continuation line belongs to: the last one of the same origin.

use crate::line::{Level, Line};
use crate::report::shortened_into;
use crate::timestamp::Timestamp;

/// Origins whose last record is remembered; the one that was quiet longest is forgotten first.
const MOST_ORIGINS: usize = 64;
/// Bytes of what a record says, for a trace that it introduces.
pub(crate) const MOST_SAID: usize = 512;

/// The last record of one origin.
#[derive(Default)]
pub(crate) struct Head {
    origin: Option<String>,
    is_passed_on: bool,
    used_at: u64,
    pub timestamp: Option<Timestamp>,
    pub level: Option<Level>,
    pub logger: Option<String>,
    pub thread: Option<String>,
    /// What it says, shortened.
    pub said: String,
    /// Its physical line.
    pub line: u64,
    /// Records of this origin so far.
    pub n_records: u64,
    /// Nothing else of its origin came since: the line after it may be a trace it introduces.
    pub is_last: bool,
}

impl Head {
    fn is_of(&self, line: &Line<'_>) -> bool {
        self.is_passed_on == line.is_passed_on && self.origin.as_deref() == line.origin
    }

    fn become_record(&mut self, line: &Line<'_>) {
        self.timestamp = line.timestamp;
        self.level = line.level;
        put(&mut self.logger, line.logger);
        put(&mut self.thread, line.thread);
        shortened_into(&mut self.said, line.body(), MOST_SAID);
        self.line = line.number;
        self.n_records += 1;
        self.is_last = true;
    }

    /// What comes after a continuation line has no lead any more, unless both are of one JSON line.
    pub fn pass(&mut self, line: &Line<'_>) {
        self.is_last &= line.is_record || self.line == line.number;
    }
}

/// Reuses the memory of the last value: this is done for every record of a log.
fn put(place: &mut Option<String>, value: Option<&str>) {
    match (place.as_mut(), value) {
        (Some(text), Some(value)) => {
            text.clear();
            text.push_str(value);
        }
        _ => *place = value.map(str::to_owned),
    }
}

/// The heads of all origins.
#[derive(Default)]
pub(crate) struct Heads {
    all: Vec<Head>,
    /// Index of the one used last, which is mostly the one asked for.
    recent: usize,
    clock: u64,
}

impl Heads {
    /// The head that `line` belongs to; a record becomes it.
    pub fn of(&mut self, line: &Line<'_>) -> &mut Head {
        self.clock += 1;
        if !self.all.get(self.recent).is_some_and(|head| head.is_of(line)) {
            self.recent = match self.all.iter().position(|head| head.is_of(line)) {
                Some(at) => at,
                None => self.make_room(line),
            };
        }
        let head = &mut self.all[self.recent];
        head.used_at = self.clock;
        if line.is_record {
            head.become_record(line);
        }
        head
    }

    fn make_room(&mut self, line: &Line<'_>) -> usize {
        let head = Head {
            origin: line.origin.map(str::to_owned),
            is_passed_on: line.is_passed_on,
            ..Head::default()
        };
        let oldest = (0..self.all.len()).min_by_key(|&at| self.all[at].used_at);
        match oldest.filter(|_| self.all.len() >= MOST_ORIGINS) {
            Some(at) => {
                self.all[at] = head;
                at
            }
            None => {
                self.all.push(head);
                self.all.len() - 1
            }
        }
    }
}
