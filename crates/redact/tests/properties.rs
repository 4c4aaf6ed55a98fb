//! What holds for any text: chunks make no difference, and a second time changes nothing.

use adp_redact::Redactor;
use proptest::prelude::*;

/// More of what matters than chance would give.
const PARTS: [&str; 36] = [
    "password",
    "token",
    "secret_key",
    "apiKey",
    "=",
    ": ",
    "\"",
    "\\\"",
    "'",
    " ",
    "\n",
    ",",
    "{",
    "}",
    "hunter2!",
    "a1B2c3D4e5F6g7H8i9J0k1L2",
    "://etl:",
    "@",
    "%3D",
    "|",
    "é",
    "[redacted:",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "Bearer ",
    "--",
    "<",
    ">",
    "(",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    "secret:3f]",
    "\r\n",
    "ghp_0123456789abcdefghijABCD",
    "AKIAIOSFODNN7EXAMPLE",
    "value",
    "\\",
];

fn text() -> impl Strategy<Value = String> {
    let of = |parts: Vec<usize>| parts.into_iter().map(|part| PARTS[part]).collect();
    prop::collection::vec(0..PARTS.len(), 0..40).prop_map(of)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn chunks_make_no_difference(text in text(), size in 1usize..40) {
        let redactor = Redactor::built_in();
        let mut stream = redactor.stream();
        let mut chunked: String = text.as_bytes().chunks(size).map(|chunk| stream.feed(chunk)).collect();
        chunked.push_str(&stream.finish());
        prop_assert_eq!(chunked, redactor.redact(&text).text);
    }

    #[test]
    fn a_second_time_changes_nothing(text in text()) {
        let redactor = Redactor::built_in();
        let once = redactor.redact(&text).text;
        prop_assert_eq!(&redactor.redact(&once).text, &once);
    }

    #[test]
    fn pieces_of_any_cut_are_redacted(at in 0usize..40, n in 0usize..40) {
        let redactor = Redactor::built_in();
        let line = "user=etl password=hunter2-and-more url=x";
        let whole = redactor.redact(line);
        let end = (at + n).min(line.len());
        let piece = redactor.piece(&whole, &line[at.min(end)..end]);
        for part in ["hunt", "nter2", "-and", "more"] {
            prop_assert!(!piece.contains(part), "{}", piece);
        }
    }
}

#[test]
fn a_line_without_end_is_taken_in_parts_and_keeps_no_secret() {
    let redactor = Redactor::built_in();
    let mut text = String::new();
    while text.len() < 900_000 {
        text.push_str("rows=12 password=hunter2secret and some more words é ");
    }
    let whole = redactor.redact(&text).text;
    assert!(!whole.contains("hunter2secret"));
    let mut stream = redactor.stream();
    let mut chunked: String =
        text.as_bytes().chunks(10_007).map(|chunk| stream.feed(chunk)).collect();
    chunked.push_str(&stream.finish());
    assert!(chunked == whole);
}
