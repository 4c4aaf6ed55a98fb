//! Moments as logs write them, in one form that sorts.

use std::fmt;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// When something was written, to the microsecond.
///
/// Layouts that name a zone are turned into UTC; the others stay what the writer's clock said.
/// Layouts without a year (syslog, glog) or without a date (logback's default) sort among
/// themselves, and before those that have one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970; since the start of an unknown year or day where the layout does not say.
    micros: i64,
    precision: Known,
    is_utc: bool,
}

/// How much of a date the layout names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Known {
    Time,
    MonthAndDay,
    Date,
}

/// A moment at the start of a text.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    pub timestamp: Timestamp,
    /// Bytes it takes.
    pub len: usize,
    /// Whether it is written as collectors do: a `T` between date and time, and a zone.
    pub is_rfc3339: bool,
}

impl Timestamp {
    /// From seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size.
    pub(crate) fn of_epoch(number: f64) -> Option<Timestamp> {
        let per_second = match number {
            1e8..1e11 => 1e6,
            1e11..1e14 => 1e3,
            1e14..1e17 => 1.0,
            1e17..1e19 => 1e-3,
            _ => return None,
        };
        let micros = (number * per_second) as i64;
        Some(Timestamp { micros, precision: Known::Date, is_utc: true })
    }

    /// The moment that `text` is, in any layout that logs use.
    pub(crate) fn read(text: &str) -> Option<Timestamp> {
        let text = text.trim();
        match at_start(text) {
            Some(stamp) => Some(stamp.timestamp),
            None => Timestamp::of_epoch(text.parse().ok()?),
        }
    }

    fn new(precision: Known, date: Date, clock: Clock) -> Timestamp {
        let day = match precision {
            Known::Time => 0,
            Known::MonthAndDay | Known::Date => days_since_1970(date),
        };
        let micros = day * MICROS_PER_DAY + clock.micros;
        match clock.offset {
            Some(minutes) => Timestamp {
                micros: micros - i64::from(minutes) * 60 * MICROS_PER_SECOND,
                precision,
                is_utc: true,
            },
            None => Timestamp { micros, precision, is_utc: false },
        }
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601: `2026-11-23T17:25:38.190Z`, `--11-23T17:25:38` without a year, `T17:25:38`
    /// without a date.
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, micros) =
            (self.micros.div_euclid(MICROS_PER_DAY), self.micros.rem_euclid(MICROS_PER_DAY));
        let date = date_of(days);
        match self.precision {
            Known::Time => {}
            Known::MonthAndDay => write!(into, "--{:02}-{:02}", date.month, date.day)?,
            Known::Date => write!(into, "{:04}-{:02}-{:02}", date.year, date.month, date.day)?,
        }
        let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
        write!(into, "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match fraction {
            0 => {}
            _ if fraction % 1_000 == 0 => write!(into, ".{:03}", fraction / 1_000)?,
            _ => write!(into, ".{fraction:06}")?,
        }
        if self.is_utc { into.write_str("Z") } else { Ok(()) }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, into)
    }
}

/// The moment at the start of `text`, if one stands there. Looks at a bounded number of bytes.
pub(crate) fn at_start(text: &str) -> Option<Stamp> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let (precision, date, clock, is_rfc3339) = match cursor.peek()? {
        b'0'..=b'9' => cursor.numeric()?,
        b'A'..=b'Z' => {
            let (precision, date, clock) = cursor.with_month_name()?;
            (precision, date, clock, false)
        }
        _ => return None,
    };
    // A longer number or word is something else.
    if cursor.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let timestamp = Timestamp::new(precision, date, clock);
    Some(Stamp { timestamp, len: cursor.at, is_rfc3339 })
}

/// The stamp of a glog header after its letter: `1123 10:00:00.123456`.
pub(crate) fn glog(text: &str) -> Option<Stamp> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let date = Date { year: 1970, month: cursor.number(2)?, day: cursor.number(2)? };
    let is_date = date.is_possible();
    cursor.take(b' ')?;
    let clock = cursor.clock()?;
    is_date.then(|| Stamp {
        timestamp: Timestamp::new(Known::MonthAndDay, date, clock),
        len: cursor.at,
        is_rfc3339: false,
    })
}

#[derive(Clone, Copy)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    fn is_possible(self) -> bool {
        (1..=12).contains(&self.month) && (1..=31).contains(&self.day)
    }
}

#[derive(Clone, Copy)]
struct Clock {
    /// Since midnight.
    micros: i64,
    /// Minutes east of Greenwich.
    offset: Option<i32>,
}

/// Days before a date of the Gregorian calendar; years start in March, so that leap days end them.
fn days_since_1970(date: Date) -> i64 {
    let year = if date.month <= 2 { date.year - 1 } else { date.year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of(days: i64) -> Date {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Date {
        year: era * 400 + year_of_era + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * shifted + 2) / 5 + 1,
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// A number of exactly this many digits.
    fn number(&mut self, n_digits: usize) -> Option<i64> {
        let digits = self.bytes.get(self.at..self.at + n_digits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.at += n_digits;
        Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    fn n_digits(&self) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn numeric(&mut self) -> Option<(Known, Date, Clock, bool)> {
        let n_digits = self.n_digits();
        if n_digits == 2 && self.bytes.get(self.at + 2) == Some(&b':') {
            let date = Date { year: 1970, month: 1, day: 1 };
            return Some((Known::Time, date, self.clock()?, false));
        }
        let year = match n_digits {
            2 => 2000 + self.number(2)?,
            4 => self.number(4)?,
            _ => return None,
        };
        let separator = self.peek().filter(|byte| matches!(byte, b'-' | b'/'))?;
        self.at += 1;
        let month = self.number(2)?;
        self.take(separator)?;
        let date = Date { year, month, day: self.number(2)? };
        // Airflow's `2026-11-23, 17:25:38 UTC`.
        let _comma = self.take(b',');
        let between = self.peek().filter(|byte| matches!(byte, b' ' | b'T'))?;
        self.at += 1;
        let clock = self.clock()?;
        let is_rfc3339 = between == b'T' && clock.offset.is_some();
        date.is_possible().then_some((Known::Date, date, clock, is_rfc3339))
    }

    /// `Nov 23 10:00:00` of syslog, `Nov 23, 2026 10:00:00 AM` of `java.util.logging`.
    fn with_month_name(&mut self) -> Option<(Known, Date, Clock)> {
        const MONTHS: [&[u8; 3]; 12] = [
            b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
            b"Dec",
        ];
        let name = self.bytes.get(..3)?;
        let month = MONTHS.iter().position(|month| month.as_slice() == name)?;
        self.at = 3;
        self.take(b' ')?;
        let _padding = self.take(b' ');
        let day = self.number(self.n_digits().clamp(1, 2))?;
        let mut date = Date { year: 1970, month: i64::try_from(month).ok()? + 1, day };
        if self.take(b',').is_none() {
            self.take(b' ')?;
            let clock = self.clock()?;
            return date.is_possible().then_some((Known::MonthAndDay, date, clock));
        }
        self.take(b' ')?;
        date.year = self.number(4)?;
        self.take(b' ')?;
        let mut clock = self.clock()?;
        clock.micros = self.in_half_day(clock.micros);
        date.is_possible().then_some((Known::Date, date, clock))
    }

    /// Takes `AM` or `PM`; newer Javas put a narrow no-break space before it.
    fn in_half_day(&mut self, micros: i64) -> i64 {
        const HALF: i64 = MICROS_PER_DAY / 2;
        let rest = &self.bytes[self.at..];
        let n_space = [" ".as_bytes(), "\u{202f}".as_bytes()]
            .iter()
            .find(|space| rest.starts_with(space))
            .map_or(0, |space| space.len());
        let in_half = match rest.get(n_space..n_space + 2) {
            Some(b"AM") => micros % HALF,
            Some(b"PM") => micros % HALF + HALF,
            _ => return micros,
        };
        self.at += n_space + 2;
        in_half
    }

    fn clock(&mut self) -> Option<Clock> {
        let hour = self.number(self.n_digits().clamp(1, 2))?;
        self.take(b':')?;
        let minute = self.number(2)?;
        self.take(b':')?;
        let second = self.number(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let fraction = self.fraction();
        let offset = self.offset();
        let seconds = hour * 3600 + minute * 60 + second;
        Some(Clock { micros: seconds * MICROS_PER_SECOND + fraction, offset })
    }

    /// Microseconds after a comma or a point; further digits are dropped.
    fn fraction(&mut self) -> i64 {
        let before = self.at;
        if self.take(b'.').or_else(|| self.take(b',')).is_none() {
            return 0;
        }
        let n_digits = self.n_digits();
        if n_digits == 0 {
            self.at = before;
            return 0;
        }
        let digits = &self.bytes[self.at..self.at + n_digits];
        self.at += n_digits;
        let digit_at = |place: usize| digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
        (0..6).fold(0, |micros, place| micros * 10 + digit_at(place))
    }

    /// Minutes east of Greenwich: `Z`, `+01:00`, `+0100`, ` UTC`.
    fn offset(&mut self) -> Option<i32> {
        let before = self.at;
        let offset = self.try_offset();
        if offset.is_none() {
            self.at = before;
        }
        offset
    }

    fn try_offset(&mut self) -> Option<i32> {
        if self.take(b'Z').is_some() {
            return Some(0);
        }
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b" UTC") || rest.starts_with(b" GMT") {
            self.at += 4;
            return Some(0);
        }
        let is_apart = self.take(b' ').is_some();
        let sign = match self.peek()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let hours = self.number(2)?;
        let colon = self.take(b':');
        let minutes = if colon.is_some() || !is_apart || self.n_digits() == 2 {
            self.number(2).or(if colon.is_none() { Some(0) } else { None })?
        } else {
            return None;
        };
        let east = i32::try_from(hours * 60 + minutes).ok()?;
        (hours <= 18 && minutes <= 59).then_some(sign * east)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_becomes_the_same_form() {
        let cases = [
            ("26/11/23 17:25:38 WARN", "2026-11-23T17:25:38", 17),
            ("2026-11-23 17:25:38,190 - x", "2026-11-23T17:25:38.190", 23),
            ("2026-11-23T17:25:38.190123456Z stderr", "2026-11-23T17:25:38.190123Z", 30),
            ("2026-11-23T17:25:38+01:00", "2026-11-23T16:25:38Z", 25),
            ("2026-01-01T00:30:00.5+0100]", "2025-12-31T23:30:00.500Z", 26),
            ("2026-11-23 17:25:38 +0000 [1]", "2026-11-23T17:25:38Z", 25),
            ("2026-11-23 17:25:38.123 UTC [9]", "2026-11-23T17:25:38.123Z", 27),
            ("2026-11-23, 17:25:38 UTC]", "2026-11-23T17:25:38Z", 24),
            ("Nov 23 17:25:38 host", "--11-23T17:25:38", 15),
            ("Nov  3 17:25:38 host", "--11-03T17:25:38", 15),
            ("Nov 23, 2026 5:25:38 PM org.a.B", "2026-11-23T17:25:38", 23),
            ("Nov 23, 2026 12:25:38 AM org.a.B", "2026-11-23T00:25:38", 24),
            ("17:25:38.190 [main]", "T17:25:38.190", 12),
            ("2024-02-29 00:00:00", "2024-02-29T00:00:00", 19),
        ];
        for (text, expected, len) in cases {
            let stamp = at_start(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.timestamp.to_string().as_str(), stamp.len), (expected, len));
        }
        assert_eq!(
            glog("1123 10:00:00.123456 7").map(|stamp| stamp.timestamp.to_string()).as_deref(),
            Some("--11-23T10:00:00.123456")
        );
    }

    #[test]
    fn numbers_since_1970_are_told_apart_by_size() {
        for number in ["1795455938", "1795455938000", "1795455938000000", "1795455938.0"] {
            let timestamp = Timestamp::read(number).unwrap_or_else(|| panic!("{number}"));
            assert_eq!(timestamp.to_string(), "2026-11-23T17:45:38Z");
        }
        assert_eq!(Timestamp::read("137"), None);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in ["2026-13-01 00:00:00", "2026-11-23", "12 rows", "1234567", "Nov", "24:00:00"] {
            assert!(at_start(text).is_none(), "{text}");
        }
    }

    #[test]
    fn moments_of_one_log_sort() {
        let sorted =
            ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.001Z", "2026-11-23T12:00:00+01:00"];
        let moments: Vec<_> = sorted.iter().map(|text| Timestamp::read(text)).collect();
        assert!(moments.is_sorted());
    }
}
