//! Any text in any chunks: no panic, the same as of the whole, and a second time changes nothing.

use adp_redact::Redactor;

/// The first byte says how long the chunks are.
pub fn run(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let redactor = Redactor::built_in();
    let text = String::from_utf8_lossy(bytes);
    let redacted = redactor.redact(&text);
    let mut stream = redactor.stream();
    let chunks = text.as_bytes().chunks(usize::from(size).max(1));
    let mut chunked: String = chunks.map(|chunk| stream.feed(chunk)).collect();
    chunked.push_str(&stream.finish());
    assert_eq!(chunked, redacted.text, "chunks of {size} bytes give another text");
    let again = redactor.redact(&redacted.text);
    assert_eq!(again.text, redacted.text, "the second time changed something");
    assert_eq!(redacted.text.matches('\n').count(), text.matches('\n').count());
    let middle = (text.len() / 3..).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    let piece = redactor.piece(&redacted, &text[middle..]);
    assert!(redacted.is_clean() || redactor.redact(&piece).text == piece);
    assert!(redactor.restore(&text, &redacted.text).is_none_or(|restored| restored == text));
}
