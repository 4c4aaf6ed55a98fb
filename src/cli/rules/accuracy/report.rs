//! What the judged runs add up to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::judged::Judged;

/// Buckets of confidence, each as wide as the others.
const BUCKETS: usize = 10;
/// The class of a run that worked.
const HEALTHY: &str = "healthy";

/// A contract: fields may be added, none renamed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of the rules.
    pub rules: String,
    pub class: Rate,
    pub root_line: RootLines,
    pub healthy: Healthy,
    /// Failed runs that are called healthy.
    pub overlooked: Vec<String>,
    pub calibration: Calibration,
    pub classes: BTreeMap<String, OfClass>,
    /// Runs whose class or root line is wrong.
    pub misses: Vec<Judged>,
    /// Runs that could not be diagnosed, and why.
    pub failed: BTreeMap<String, String>,
}

/// How many of how many; no rate of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    pub right: usize,
    pub of: usize,
    pub rate: Option<f64>,
}

/// Of the runs of which a line shows the cause.
#[derive(Debug, Serialize)]
pub struct RootLines {
    pub exact: Rate,
    pub within_one: Rate,
    pub in_summary: Rate,
}

/// Of the runs that worked.
#[derive(Debug, Serialize)]
pub struct Healthy {
    pub called_healthy: Rate,
    pub false_alarms: Vec<String>,
}

/// Whether of the runs that we are 90 % sure of 90 % are right.
#[derive(Debug, Serialize)]
pub struct Calibration {
    /// Expected calibration error: how far confidence and truth are apart, on average over runs.
    pub error: f64,
    /// From unsure to sure, without the empty ones.
    pub buckets: Vec<Bucket>,
}

#[derive(Debug, Serialize)]
pub struct Bucket {
    pub from: f64,
    pub to: f64,
    /// Average.
    pub confidence: f64,
    pub right: Rate,
}

/// The runs of one class.
#[derive(Debug, Default, Serialize)]
pub struct OfClass {
    pub class: Rate,
    pub root_line: Rate,
    /// What its runs were taken for instead, and how often.
    pub taken_for: BTreeMap<String, usize>,
}

impl Report {
    pub fn of(runs: Vec<(String, anyhow::Result<Judged>)>, rules: &str) -> Report {
        let mut judged = Vec::new();
        let mut failed = BTreeMap::new();
        for (name, run) in runs {
            match run {
                Ok(run) => judged.push(run),
                Err(error) => {
                    failed.insert(name, format!("{error:#}"));
                }
            }
        }
        Report {
            rules: rules.to_owned(),
            class: Rate::of(judged.iter().map(|run| run.is_class_right)),
            root_line: RootLines::of(&judged),
            healthy: Healthy::of(&judged),
            overlooked: judged.iter().filter(|run| is_overlooked(run)).map(name).collect(),
            calibration: Calibration::of(&judged),
            classes: by_class(&judged),
            misses: judged.into_iter().filter(is_miss).collect(),
            failed,
        }
    }
}

fn name(run: &Judged) -> String {
    run.name.clone()
}

fn is_miss(run: &Judged) -> bool {
    !run.is_class_right || run.root.as_ref().is_some_and(|root| !root.is_exact)
}

fn is_overlooked(run: &Judged) -> bool {
    run.class == HEALTHY && !run.is_class_right
}

fn by_class(judged: &[Judged]) -> BTreeMap<String, OfClass> {
    let mut groups: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for run in judged {
        groups.entry(run.expected.clone()).or_default().push(run);
    }
    groups.into_iter().map(|(class, runs)| (class, OfClass::of(&runs))).collect()
}

impl OfClass {
    fn of(runs: &[&Judged]) -> OfClass {
        let mut taken_for = BTreeMap::new();
        for run in runs.iter().filter(|run| !run.is_class_right) {
            *taken_for.entry(run.class.clone()).or_default() += 1;
        }
        OfClass {
            class: Rate::of(runs.iter().map(|run| run.is_class_right)),
            root_line: Rate::of(runs.iter().filter_map(|run| Some(run.root.as_ref()?.is_exact))),
            taken_for,
        }
    }
}

impl Rate {
    pub fn of(answers: impl Iterator<Item = bool>) -> Rate {
        let (right, of) =
            answers.fold((0, 0), |(right, of), answer| (right + usize::from(answer), of + 1));
        Rate { right, of, rate: (of > 0).then(|| right as f64 / of as f64) }
    }
}

impl RootLines {
    fn of(judged: &[Judged]) -> RootLines {
        let roots = || judged.iter().filter_map(|run| run.root.as_ref());
        RootLines {
            exact: Rate::of(roots().map(|root| root.is_exact)),
            within_one: Rate::of(roots().map(|root| root.is_near)),
            in_summary: Rate::of(roots().map(|root| root.is_in_summary)),
        }
    }
}

impl Healthy {
    fn of(judged: &[Judged]) -> Healthy {
        let worked = || judged.iter().filter(|run| run.expected == HEALTHY);
        Healthy {
            called_healthy: Rate::of(worked().map(|run| run.is_class_right)),
            false_alarms: worked().filter(|run| !run.is_class_right).map(name).collect(),
        }
    }
}

impl Calibration {
    fn of(judged: &[Judged]) -> Calibration {
        let mut buckets: BTreeMap<usize, Vec<&Judged>> = BTreeMap::new();
        for run in judged {
            let bucket = (run.confidence * BUCKETS as f64) as usize;
            buckets.entry(bucket.min(BUCKETS - 1)).or_default().push(run);
        }
        let buckets: Vec<Bucket> =
            buckets.into_iter().map(|(number, runs)| Bucket::of(number, &runs)).collect();
        let off = |bucket: &Bucket| {
            let rate = bucket.right.rate.unwrap_or_default();
            bucket.right.of as f64 * (rate - bucket.confidence).abs()
        };
        let error = buckets.iter().map(off).sum::<f64>() / judged.len().max(1) as f64;
        Calibration { error, buckets }
    }
}

impl Bucket {
    fn of(number: usize, runs: &[&Judged]) -> Bucket {
        let sum: f64 = runs.iter().map(|run| run.confidence).sum();
        Bucket {
            from: number as f64 / BUCKETS as f64,
            to: (number + 1) as f64 / BUCKETS as f64,
            confidence: sum / runs.len() as f64,
            right: Rate::of(runs.iter().map(|run| run.is_class_right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::root_cause::Verdict;

    fn judged(expected: &str, class: &str, confidence: f64) -> (String, anyhow::Result<Judged>) {
        let run = Judged {
            name: format!("{expected} as {class}"),
            expected: expected.to_owned(),
            alternatives: Vec::new(),
            class: class.to_owned(),
            verdict: Verdict::Conclusive,
            confidence,
            is_class_right: expected == class,
            root: None,
        };
        (run.name.clone(), Ok(run))
    }

    #[test]
    fn runs_add_up() {
        let report = Report::of(
            vec![
                judged("healthy", "healthy", 0.95),
                judged("healthy", "oom.driver", 0.85),
                judged("oom.driver", "oom.driver", 1.0),
                judged("oom.driver", "healthy", 0.85),
                ("gone".to_owned(), Err(anyhow::anyhow!("no log"))),
            ],
            "v",
        );
        assert_eq!(report.class, Rate { right: 2, of: 4, rate: Some(0.5) });
        assert_eq!(report.healthy.false_alarms, ["healthy as oom.driver"]);
        assert_eq!(report.overlooked, ["oom.driver as healthy"]);
        assert_eq!(report.root_line.exact.rate, None);
        assert_eq!(report.classes["oom.driver"].taken_for["healthy"], 1);
        assert_eq!((report.misses.len(), report.failed["gone"].as_str()), (2, "no log"));
        let buckets: Vec<(f64, usize, usize)> = report
            .calibration
            .buckets
            .iter()
            .map(|bucket| (bucket.from, bucket.right.right, bucket.right.of))
            .collect();
        assert_eq!(buckets, [(0.8, 0, 2), (0.9, 2, 2)]);
        // Two that are 0.85 off and two that are 0.025 off on average.
        assert!((report.calibration.error - (2.0 * 0.85 + 2.0 * 0.025) / 4.0).abs() < 1e-9);
    }
}
