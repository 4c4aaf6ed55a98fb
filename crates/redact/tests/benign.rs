//! Logs, event logs and jobs without secrets, from real runs: next to nothing of them is masked.

use std::io::Read;

use adp_redact::Redactor;
use flate2::read::GzDecoder;

/// Of all words, masked ones may be at most one in so many.
const ONE_IN: usize = 1_000;

#[test]
fn next_to_nothing_of_what_runs_write_is_masked() {
    let mut text = String::new();
    let packed: &[u8] = include_bytes!("benign.log.gz");
    GzDecoder::new(packed).read_to_string(&mut text).expect("packed by us");
    let n_words = text.split_whitespace().count();
    assert!(n_words > 50_000, "{n_words}");
    let redacted = Redactor::built_in().redact(&text).text;
    let masked: Vec<_> = redacted.lines().filter(|line| line.contains("[redacted:")).collect();
    let n_masked = redacted.matches("[redacted:").count();
    assert!(n_masked * ONE_IN < n_words, "{n_masked} of {n_words}: {masked:#?}");
}
