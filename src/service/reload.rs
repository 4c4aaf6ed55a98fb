//! Looks at the signature packs on disk now and then, and puts changed rules in force.
//!
//! It asks rather than being told: a watch on a folder misses what network file systems and
//! Kubernetes' mounts do. What cannot be used changes nothing but the metrics and our own log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::config;
use crate::errors::ErrorCode;
use crate::runtime::clock::Stopwatch;
use crate::signatures::{PackFiles, Rulebook, Rules};
use crate::telemetry::{Metrics, ReloadOutcome};

/// How often the folders are looked at. A change is in force after the second look that finds it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How soon the end of the process is noticed.
const NAP: Duration = Duration::from_millis(100);

/// The files of the packs, or why they cannot be read; an error's text tells two errors apart.
type Look = Result<PackFiles, String>;

pub(super) struct Reload {
    settings: config::Rules,
    rulebook: Rulebook,
    metrics: Arc<Metrics>,
    /// What is in force or was refused.
    judged: Look,
    /// What the last look found, if it differs: somebody may still be writing.
    pending: Option<Look>,
}

impl Reload {
    /// `files` is what the rules in force were made from.
    pub fn new(
        settings: config::Rules,
        files: PackFiles,
        rulebook: Rulebook,
        metrics: Arc<Metrics>,
    ) -> Reload {
        metrics.rules(rulebook.current().pack.signatures().len());
        Reload { settings, rulebook, metrics, judged: Ok(files), pending: None }
    }

    /// Looks until the process stops.
    pub fn watch(mut self, stop: Arc<AtomicBool>) -> JoinHandle<()> {
        std::thread::spawn(move || {
            let mut watch = Stopwatch::start();
            // Without packs there is nothing that could change.
            while !self.settings.packs.is_empty() && !stop.load(Ordering::SeqCst) {
                if watch.elapsed() >= LOOK_EVERY {
                    self.look();
                    watch = Stopwatch::start();
                }
                std::thread::sleep(NAP);
            }
        })
    }

    fn look(&mut self) {
        let look = PackFiles::read(&self.settings.packs).map_err(|error| error.in_full());
        if look == self.judged {
            self.pending = None;
        } else if self.pending.as_ref() == Some(&look) {
            self.pending = None;
            self.judge(&look);
            self.judged = look;
        } else {
            self.pending = Some(look);
        }
    }

    fn judge(&self, look: &Look) {
        let rules = look.clone().and_then(|files| {
            Rules::of(&files, &self.settings.disable).map_err(|error| error.in_full())
        });
        let outcome = match rules {
            Ok(rules) => {
                tracing::info!(rules = rules.version, "changed signature packs are in force");
                self.metrics.rules(rules.pack.signatures().len());
                self.rulebook.swap(rules);
                ReloadOutcome::Loaded
            }
            Err(reason) => {
                let code = ErrorCode::RulesUnusable;
                let rules = &self.rulebook.current().version;
                tracing::error!(%code, reason, rules, "changed signature packs cannot be used");
                ReloadOutcome::Refused
            }
        };
        self.metrics.rules_reloaded(outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    const RULE: &str = "id = 'lake.quota'\nsummary = 'The lake is full.'\nkind = 'cause'\n\
                        class = 'infra.disk_full'\nseverity = 'error'\nkeywords = ['LAKE-507']\n\
                        must_match = ['LAKE-507 zone a is full']\n";

    fn reload(folder: &Path) -> Reload {
        let settings = config::Rules { packs: vec![folder.to_owned()], disable: Vec::new() };
        let files = PackFiles::read(&settings.packs).expect("readable");
        let rulebook = Rulebook::new(Rules::of(&files, &[]).expect("right"));
        Reload::new(settings, files, rulebook, Arc::new(Metrics::new(&[])))
    }

    fn knows(reload: &Reload, id: &str) -> bool {
        reload.rulebook.current().pack.get(id).is_some()
    }

    fn says(reload: &Reload, line: &str) -> bool {
        reload.metrics.page().lines().any(|found| found == line)
    }

    #[test]
    fn a_change_is_in_force_once_it_has_settled_and_a_broken_one_never() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut reload = reload(folder.path());
        let built_in = reload.rulebook.current().pack.signatures().len();
        let file = folder.path().join("quota.toml");
        fs::write(&file, &RULE[..RULE.len() - 9]).expect("written");
        reload.look();
        fs::write(&file, RULE).expect("written");
        reload.look();
        assert!(!knows(&reload, "lake.quota"), "it may still change");
        reload.look();
        assert!(knows(&reload, "lake.quota"));
        assert!(says(&reload, "adp_rules_reloads_total{outcome=\"loaded\"} 1"));
        assert!(
            says(&reload, "adp_rules_reloads_total{outcome=\"refused\"} 0"),
            "it was half written"
        );
        assert!(says(&reload, &format!("adp_rules_signatures {}", built_in + 1)));

        fs::write(&file, RULE.replace("507 zone", "508 zone")).expect("written");
        (0..4).for_each(|_| reload.look());
        assert!(knows(&reload, "lake.quota"), "the last good ones stay");
        assert!(says(&reload, "adp_rules_reloads_total{outcome=\"refused\"} 1"), "said once");
        assert!(says(&reload, "adp_rules_stale 1"));

        fs::remove_dir_all(folder.path()).expect("ours");
        (0..4).for_each(|_| reload.look());
        assert!(knows(&reload, "lake.quota"), "a folder that is gone changes nothing either");
        fs::create_dir(folder.path()).expect("ours");
        (0..2).for_each(|_| reload.look());
        assert!(!knows(&reload, "lake.quota"));
        assert!(says(&reload, "adp_rules_stale 0"));
    }

    #[test]
    fn a_refusal_names_the_file_and_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.toml");
        fs::write(&path, RULE.replace("class", "klass")).expect("written");
        let files = PackFiles::read(&[folder.path().to_owned()]).expect("readable");
        let error = Rules::of(&files, &[]).err().expect("refused").in_full();
        assert!(error.contains("a.toml") && error.contains("unknown field `klass`"), "{error}");
    }
}
