//! A failure as it arrives: native Avro, or the JSON event that producers without Avro send.
//!
//! Everything in an event may be absent, and one field that makes no sense names itself instead
//! of losing the rest in silence.

use adp_redact::Redactor;
use serde_json::{Map, Value};

use crate::records::{Case, Codec, Failure, FailureId, Key, Record, Topic, Unreadable};
use crate::runtime::{Input, Moment, Place, Received};

/// Longer texts in an event are cut: none of them is meant to hold a log.
const MOST_CHARS_OF_A_FIELD: usize = 2_048;

/// A failure, and where it lay.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    pub failure: Failure,
    pub place: Place,
    pub at: Moment,
}

impl Input for Arrived {
    const TOPICS: &'static [Topic] = &[Topic::FAILURES];

    fn read(codec: &Codec, received: &Received) -> Result<Self, Unreadable> {
        let Received { place, at, value, .. } = received;
        let is_json = value.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let failure = if is_json {
            from_json(value).map_err(Unreadable::Malformed)?
        } else {
            codec.decode(value)?
        };
        Ok(Arrived { failure: bounded(failure), place: *place, at: *at })
    }

    fn key(&self) -> Key {
        Record::key(&self.failure)
    }
}

impl Arrived {
    /// The same failure sent twice is one: run and attempt tell it, or else its time. Where there
    /// is neither, the place on the topic does, so that tomorrow's is not taken for today's.
    pub fn failure_id(&self) -> FailureId {
        let Failure { run_id, attempt, map_index, timestamp, .. } = &self.failure;
        let pipeline = self.failure.pipeline();
        let number = |number: Option<i32>| number.map_or_else(String::new, |n| n.to_string());
        let which = match (run_id, attempt, timestamp) {
            (Some(run), Some(attempt), _) => format!("run {run} attempt {attempt}"),
            (run, _, Some(at)) => {
                format!("run {} at {}", run.as_deref().unwrap_or_default(), at.0)
            }
            _ => format!("message {}", self.place),
        };
        let index = number(*map_index);
        FailureId::of(&[pipeline.key().as_str(), &index, &which])
    }

    /// What every later record carries. Texts are redacted: they end up in messages.
    pub fn case(&self, redactor: &Redactor) -> Case {
        let clean = |text: &Option<String>| text.as_deref().map(|text| redactor.redact(text).text);
        let failure = &self.failure;
        Case {
            failure_id: self.failure_id(),
            pipeline: failure.pipeline(),
            run_id: clean(&failure.run_id),
            attempt: failure.attempt,
            map_index: failure.map_index,
            failed_at: failure.timestamp.unwrap_or(self.at),
            exit_code: failure.exit_code,
            known_to_have_failed: failure.known_to_have_failed.unwrap_or(true),
            will_retry: failure.will_retry.unwrap_or(false),
            job_file: clean(&failure.job_file),
            application_id: clean(&failure.application_id),
            event_log: clean(&failure.event_log_path),
            history_url: clean(&failure.history_url),
            log_url: clean(&failure.log_url),
        }
    }
}

/// Reads the JSON event; the error names the field.
pub fn from_json(bytes: &[u8]) -> Result<Failure, String> {
    let mut fields: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| format!("not a JSON object: {error}"))?;
    fields.retain(|_, value| !value.is_null());
    let failure = Failure {
        source: text(&mut fields, "source")?,
        project: text(&mut fields, "project")?,
        dag_id: text(&mut fields, "dag_id")?,
        task_id: text(&mut fields, "task_id")?,
        run_id: text(&mut fields, "run_id")?,
        attempt: number(&mut fields, "attempt")?,
        map_index: number(&mut fields, "map_index")?,
        timestamp: moment(&mut fields, "timestamp")?,
        log_path: text(&mut fields, "log_path")?,
        local_log_path: text(&mut fields, "local_log_path")?,
        log_url: text(&mut fields, "log_url")?,
        executor_log_paths: texts(&mut fields, "executor_log_paths")?,
        job_id: text(&mut fields, "job_id")?,
        job_file: text(&mut fields, "job_file")?,
        application_id: text(&mut fields, "application_id")?,
        event_log_path: text(&mut fields, "event_log_path")?,
        history_url: text(&mut fields, "history_url")?,
        exit_code: number(&mut fields, "exit_code")?,
        known_to_have_failed: None,
        will_retry: flag(&mut fields, "will_retry")?,
        metadata: Default::default(),
    };
    let names_nothing = failure == Failure::default();
    if names_nothing {
        return Err("the JSON object has none of the fields of a failure".to_owned());
    }
    Ok(failure)
}

type Fields = Map<String, Value>;

fn text(fields: &mut Fields, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong(name, "a text", &other)),
    }
}

fn texts(fields: &mut Fields, name: &str) -> Result<Vec<String>, String> {
    match fields.remove(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                other => Err(wrong(name, "a list of texts", &other)),
            })
            .collect(),
        Some(other) => Err(wrong(name, "a list of texts", &other)),
    }
}

fn number(fields: &mut Fields, name: &str) -> Result<Option<i32>, String> {
    let Some(value) = fields.remove(name) else { return Ok(None) };
    let parsed = match &value {
        Value::Number(number) => number.as_i64().and_then(|n| i32::try_from(n).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    parsed.map(Some).ok_or_else(|| wrong(name, "a whole number", &value))
}

fn flag(fields: &mut Fields, name: &str) -> Result<Option<bool>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(other) => Err(wrong(name, "true or false", &other)),
    }
}

/// RFC 3339, or seconds or milliseconds since 1970.
fn moment(fields: &mut Fields, name: &str) -> Result<Option<Moment>, String> {
    /// Seconds have fewer digits than this for the next thousands of years.
    const FIRST_IN_MILLISECONDS: f64 = 100_000_000_000.0;
    let Some(value) = fields.remove(name) else { return Ok(None) };
    let from_number = |number: f64| {
        let millis = if number.abs() < FIRST_IN_MILLISECONDS { number * 1_000.0 } else { number };
        Moment(millis as i64)
    };
    let parsed = match &value {
        Value::Number(number) => number.as_f64().map(from_number),
        Value::String(text) => parse_time(text).or_else(|| text.parse().ok().map(from_number)),
        _ => None,
    };
    parsed.map(Some).ok_or_else(|| wrong(name, "a time", &value))
}

fn parse_time(text: &str) -> Option<Moment> {
    let text = text.trim();
    let zoned = text.parse::<jiff::Timestamp>().ok();
    // Python's isoformat of a naive time has no zone; schedulers run on UTC.
    let timestamp = zoned.or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Some(Moment(timestamp.as_millisecond()))
}

fn wrong(name: &str, wanted: &str, found: &Value) -> String {
    let mut found = Redactor::built_in().redact(&found.to_string()).text;
    if let Some((end, _)) = found.char_indices().nth(60) {
        found.truncate(end);
        found.push('…');
    }
    format!("field {name} must be {wanted} and is {found}")
}

fn bounded(mut failure: Failure) -> Failure {
    let cut = |text: &mut String| {
        if let Some((end, _)) = text.char_indices().nth(MOST_CHARS_OF_A_FIELD) {
            text.truncate(end);
        }
    };
    let Failure {
        source,
        project,
        dag_id,
        task_id,
        run_id,
        log_path,
        local_log_path,
        log_url,
        job_id,
        job_file,
        application_id,
        event_log_path,
        history_url,
        ..
    } = &mut failure;
    let texts = [
        source,
        project,
        dag_id,
        task_id,
        run_id,
        log_path,
        local_log_path,
        log_url,
        job_id,
        job_file,
        application_id,
        event_log_path,
        history_url,
    ];
    texts.into_iter().flatten().for_each(cut);
    failure.executor_log_paths.iter_mut().for_each(cut);
    // The names of a pipeline become keys before any step sees them.
    let Failure { source, project, dag_id, task_id, .. } = &mut failure;
    for name in [source, project, dag_id, task_id].into_iter().flatten() {
        *name = Redactor::built_in().redact(name).text;
    }
    failure.executor_log_paths.truncate(super::MOST_LOGS);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(offset: i64, json: &str) -> Result<Arrived, String> {
        let received = Received {
            place: Place { topic: Topic::FAILURES, partition: 0, offset },
            at: Moment(5),
            key: None,
            value: json.as_bytes().to_vec(),
            headers: Vec::new(),
        };
        Arrived::read(&Codec::in_memory(), &received).map_err(|error| error.to_string())
    }

    fn case(arrived: &Arrived) -> Case {
        arrived.case(Redactor::built_in())
    }

    #[test]
    fn the_barest_event_is_enough() {
        let barest = r#"{"dag_id": "sales", "task_id": "load", "log_url": null,
                         "local_log_path": "/logs/1.log"}"#;
        let first = arrived(1, barest).expect("accepted");
        let second = arrived(2, barest).expect("accepted");
        assert_eq!(first.failure.pipeline().name(), "sales.load");
        assert_eq!(case(&first).failed_at, Moment(5));
        // Without run, attempt and time, each message is a failure of its own.
        assert_ne!(first.failure_id(), second.failure_id());
    }

    #[test]
    fn run_and_attempt_or_else_the_time_tell_failures_apart() {
        let id = |offset, json: &str| arrived(offset, json).expect("accepted").failure_id();
        let run = r#"{"dag_id": "a", "run_id": "r", "attempt": "2", "timestamp": 1}"#;
        let resent = r#"{"dag_id": "a", "run_id": "r", "attempt": 2}"#;
        assert_eq!(id(1, run), id(2, resent));
        assert_ne!(id(1, run), id(1, &run.replace("\"2\"", "3")));
        let timed = r#"{"dag_id": "a", "timestamp": "2026-11-23T03:00:00Z"}"#;
        assert_eq!(id(1, timed), id(9, timed));
    }

    #[test]
    fn times_are_read_in_every_usual_form() {
        for form in [
            r#""2026-11-23T03:00:00Z""#,
            r#""2026-11-23T04:00:00+01:00""#,
            r#""2026-11-23T03:00:00""#,
            r#""2026-11-23 03:00:00.000000""#,
            "1795402800",
            "1795402800.0",
            "1795402800000",
            r#""1795402800""#,
        ] {
            let arrived = arrived(1, &format!(r#"{{"dag_id": "a", "timestamp": {form}}}"#));
            assert_eq!(case(&arrived.expect(form)).failed_at, Moment(1_795_402_800_000), "{form}");
        }
    }

    #[test]
    fn nonsense_names_the_field() {
        for (json, reason) in [
            ("{", "not a JSON object"),
            (r#"{"hello": 1}"#, "none of the fields"),
            (r#"{"dag_id": ["a"]}"#, "field dag_id must be a text and is [\"a\"]"),
            (r#"{"attempt": "soon"}"#, "field attempt must be a whole number and is \"soon\""),
            (r#"{"timestamp": "3 a.m."}"#, "field timestamp must be a time"),
            (r#"{"executor_log_paths": "x"}"#, "must be a list of texts"),
        ] {
            let error = arrived(1, json).expect_err(json);
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
