//! Ten thousand secrets, none of which may be found again.

mod planted;

use adp_redact::Redactor;
use planted::{Planted, planted};

fn survivors(all: &[Planted], text_of: impl Fn(&Planted) -> String) -> Vec<String> {
    let mut lost = Vec::new();
    for one in all {
        let text = text_of(one);
        for secret in one.secrets.iter().filter(|secret| text.contains(secret.as_str())) {
            lost.push(format!("{}\n  {secret}\n  {text}", one.how));
        }
    }
    lost
}

fn assert_none(lost: &[String]) {
    let mut shown: Vec<&String> = lost.iter().collect();
    shown.dedup_by_key(|one| one.split('\n').next());
    let shown: Vec<&&String> = shown.iter().take(30).collect();
    assert!(lost.is_empty(), "{} survived: {shown:#?}", lost.len());
}

#[test]
fn none_of_ten_thousand_secrets_survives() {
    let all = planted(10_000);
    let redactor = Redactor::built_in();
    assert_none(&survivors(&all, |one| redactor.redact(&one.text).text));
}

#[test]
fn none_survives_behind_the_head_of_a_log_line_or_in_json() {
    let all = planted(10_000);
    let redactor = Redactor::built_in();
    let behind = |one: &Planted| {
        let head = "26/11/23 17:25:38 INFO Job: ";
        let lines: Vec<String> = one.text.split('\n').map(|line| format!("{head}{line}")).collect();
        redactor.redact(&lines.join("\n")).text
    };
    // What has its place at the start of a line, and values on the next, are not looked for here.
    let one_line: Vec<Planted> = all
        .iter()
        .filter(|one| {
            !one.how.contains(":\n")
                && !one.how.contains("\\\n")
                && !one.how.contains("|\n")
                && !one.how.contains("\n  value")
        })
        .cloned()
        .collect();
    assert_none(&survivors(&one_line, behind));
    let quoted = |one: &Planted| {
        let escaped = one.text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        redactor.redact(&format!("{{\"level\":\"INFO\",\"message\":\"{escaped}\"}}")).text
    };
    assert_none(&survivors(&one_line, quoted));
}

#[test]
fn a_second_time_changes_nothing_and_chunks_make_no_difference() {
    let redactor = Redactor::built_in();
    for one in planted(10_000) {
        let once = redactor.redact(&one.text).text;
        assert_eq!(redactor.redact(&once).text, once, "{}", one.how);
        let mut stream = redactor.stream();
        let pieces = one.text.as_bytes().chunks(3).map(|chunk| stream.feed(chunk));
        let mut chunked: String = pieces.collect::<Vec<_>>().concat();
        chunked.push_str(&stream.finish());
        assert_eq!(chunked, once, "{}", one.how);
    }
}
