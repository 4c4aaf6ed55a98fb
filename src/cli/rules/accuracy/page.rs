//! The measured values for people.

use std::fmt::Write as _;

use super::judged::{Judged, Place, Root};
use super::report::{Bucket, OfClass, Rate, Report};
use crate::cli::table::table;

pub fn text(report: &Report) -> String {
    let mut page = format!("{}, {}\n\n", super::super::count(report.class.of, "run"), report.rules);
    let healthy = &report.healthy;
    let figures = [
        ("class right", &report.class),
        ("root line exact", &report.root_line.exact),
        ("root line within one line", &report.root_line.within_one),
        ("root line in the summary", &report.root_line.in_summary),
        ("healthy called healthy", &healthy.called_healthy),
    ];
    let rows: Vec<[String; 3]> =
        figures.map(|(name, rate)| [name.to_owned(), part(rate), percent(rate)]).into();
    page += &table(&rows);
    page += &names("false alarms", &healthy.false_alarms);
    page += &names("failures called healthy", &report.overlooked);
    let _ = writeln!(page, "calibration error {:.3}\n", report.calibration.error);
    page += &calibration(&report.calibration.buckets);
    page += &classes(report);
    page += &misses(&report.misses);
    for (name, problem) in &report.failed {
        let _ = writeln!(page, "FAIL  {name}: {problem}");
    }
    page
}

fn part(rate: &Rate) -> String {
    format!("{} of {}", rate.right, rate.of)
}

fn percent(rate: &Rate) -> String {
    rate.rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.1}%", rate * 100.0))
}

fn names(what: &str, names: &[String]) -> String {
    let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    format!("{what}: {list}\n")
}

fn calibration(buckets: &[Bucket]) -> String {
    let heading = ["SURE", "RUNS", "ON AVERAGE", "RIGHT"].map(str::to_owned);
    let rows = buckets.iter().map(|bucket| {
        [
            format!("{:.0}-{:.0}%", bucket.from * 100.0, bucket.to * 100.0),
            bucket.right.of.to_string(),
            format!("{:.1}%", bucket.confidence * 100.0),
            percent(&bucket.right),
        ]
    });
    table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()) + "\n"
}

fn classes(report: &Report) -> String {
    let heading = ["CLASS", "RUNS", "RIGHT", "ROOT LINE", "TAKEN FOR"].map(str::to_owned);
    let rows =
        report.classes.iter().map(|(class, OfClass { class: right, root_line, taken_for })| {
            let root_line = if root_line.of == 0 { "-".to_owned() } else { part(root_line) };
            let taken_for = taken_for.iter().map(|(class, n)| match n {
                1 => class.clone(),
                n => format!("{class} ({n})"),
            });
            [
                class.clone(),
                right.of.to_string(),
                right.right.to_string(),
                root_line,
                taken_for.collect::<Vec<_>>().join(", "),
            ]
        });
    table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

fn misses(misses: &[Judged]) -> String {
    if misses.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 2]> =
        misses.iter().map(|run| [run.name.clone(), what_is_wrong(run)]).collect();
    format!("\nMISSES\n{}", table(&rows))
}

fn what_is_wrong(run: &Judged) -> String {
    let mut wrong = Vec::new();
    if !run.is_class_right {
        wrong.push(format!("{} is taken for {} ({:.2})", run.expected, run.class, run.confidence));
    }
    if let Some(Root { expected, found, is_exact: false, is_in_summary, .. }) = &run.root {
        let expected = expected.first().map(place).unwrap_or_default();
        let found = found.as_ref().map_or_else(|| "no line".to_owned(), place);
        let known = if *is_in_summary { "" } else { ", which the summary lacks" };
        wrong.push(format!("root is {expected}{known}; named is {found}"));
    }
    wrong.join("; ")
}

fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}
