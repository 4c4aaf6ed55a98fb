//! Fills the sentences of a cause with what is known of this failure.
//!
//! A placeholder is `{name|what to say where it is not known}`.

use super::source::Place;
use crate::records::root_cause::Subject;

/// What the sentences may name.
pub struct Facts<'a> {
    pub subject: &'a Subject,
    pub place: Option<&'a Place>,
    /// First line of what the exception says.
    pub message: &'a str,
    /// The token at which a parser stopped.
    pub near: Option<&'a str>,
    pub exit_code: Option<i32>,
}

/// Replaces every placeholder.
pub fn fill(template: &str, facts: &Facts<'_>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        filled.push_str(before);
        let (placeholder, after) = tail.split_once('}').unwrap_or((tail, ""));
        let (name, fallback) = placeholder.split_once('|').unwrap_or((placeholder, ""));
        filled.push_str(&facts.named(name).unwrap_or_else(|| fallback.to_owned()));
        rest = after;
    }
    filled + rest
}

/// The sentence of no failure in particular.
pub fn unfilled(template: &str) -> String {
    let subject = Subject::default();
    let facts = Facts { subject: &subject, place: None, message: "", near: None, exit_code: None };
    fill(template, &facts)
}

impl Facts<'_> {
    fn named(&self, name: &str) -> Option<String> {
        let subject = self.subject;
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match name {
            "column" => subject.column.clone(),
            "candidate" => subject.candidates.first().cloned(),
            "candidates_hint" => match subject.candidates.as_slice() {
                [] => None,
                names => Some(format!("; the table has {}", names.join(", "))),
            },
            "table" => subject.table.clone(),
            "path" => subject.path.clone(),
            "path_hint" => subject.path.as_ref().map(|path| format!(" in {path}")),
            "key" => subject.key.clone(),
            "class_name" => subject.class_name.clone(),
            "module" => subject.module.clone(),
            "exception" => subject.exception.clone(),
            "function" => subject.function.clone(),
            "host" => subject.host.clone(),
            "host_hint" => subject.host.as_ref().map(|host| format!(" to {host}")),
            "key_hint" => subject.key.as_ref().map(|key| format!(": {key}")),
            "table_hint" => subject.table.as_ref().map(|table| format!(": {table} is not there")),
            "column_hint" => subject.column.as_ref().map(|column| format!(" (column {column})")),
            "of_limit_hint" => subject.limit.as_ref().map(|limit| match &subject.actual {
                Some(actual) => format!(" ({actual} of {limit})"),
                None => format!(" (limit {limit})"),
            }),
            "limit" | "limit_or_expected" => subject.limit.clone(),
            "actual" | "value" => subject.actual.clone(),
            "an_executor" => subject.executor.as_ref().map(|id| format!("executor {id}")),
            "error_hint" => said(self.message).map(|message| format!(": {}", clause(&message))),
            "message_hint" => said(self.message).map(|message| format!(": {}", clause(&message))),
            "near" => self.near.and_then(said),
            "near_hint" => self.near.map(|near| format!(", near {near}")),
            "exit_hint" => self.exit_code.map(|code| format!(" (exit code {code})")),
            "file" => self.place.map(|place| place.source.file.clone()),
            "at" => self.place.map(at),
            "at_hint" => self.place.map(|place| format!(" at {}", at(place))),
            _ => None,
        }
    }
}

fn at(place: &Place) -> String {
    format!("{} line {}", place.source.file, place.source.line)
}

/// As much of a message as fits into a sentence.
pub fn clause(message: &str) -> String {
    const MOST: usize = 120;
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::find_cause::causes;

    fn known_names(template: &str) -> Vec<String> {
        template
            .split('{')
            .skip(1)
            .map(|tail| tail.split(['|', '}']).next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn every_placeholder_of_a_cause_is_known() {
        let subject = Subject {
            column: Some("c".into()),
            candidates: vec!["d".into()],
            table: Some("t".into()),
            path: Some("p".into()),
            key: Some("k".into()),
            class_name: Some("C".into()),
            module: Some("m".into()),
            exception: Some("E".into()),
            function: Some("f".into()),
            host: Some("h".into()),
            limit: Some("1".into()),
            actual: Some("2".into()),
            executor: Some("3".into()),
            ..Subject::default()
        };
        let source = crate::records::root_cause::SourceLine {
            file: "a.py".into(),
            line: 1,
            text: "x".into(),
        };
        let place = Place { source, function: "f".into() };
        let facts = Facts {
            subject: &subject,
            place: Some(&place),
            message: "no",
            near: Some("n"),
            exit_code: Some(1),
        };
        for kind in causes::all() {
            let steps = kind.steps.iter().map(|(_, text)| *text);
            for template in std::iter::once(kind.says).chain(steps) {
                for name in known_names(template) {
                    assert!(
                        facts.named(&name).is_some(),
                        "{}: {{{name}}} in {template}",
                        kind.class
                    );
                }
                assert!(!fill(template, &facts).contains(['{', '}', '|']), "{template}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_said_in_general() {
        let subject = Subject::default();
        let facts =
            Facts { subject: &subject, place: None, message: "", near: None, exit_code: None };
        assert_eq!(
            fill("{file|the job} reads {column|a column}{near_hint|}", &facts),
            "the job reads a column"
        );
    }
}
