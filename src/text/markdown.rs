//! Puts foreign text into Markdown so that it stays text.
//!
//! Logs, column names and sources are written by whoever made the job fail. Here they lose the power
//! to format, link, mention, close a fence or hide: everything else in a page is our own words.

use std::fmt::Write as _;

/// Stands behind a character that would start a mention or a link; it is not seen.
const BREAK: char = '\u{200b}';

/// The text in one line of running text, with every mark escaped, and neither mentions, issue
/// references, links nor HTML.
pub fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in visible(&one_line(text)).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.extend(['@', BREAK]),
            // Without the slashes and the dot of `www.` nothing is taken for an address.
            ':' => out.extend([':', BREAK]),
            '#' => out.extend(['\\', '#', BREAK]),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '+' | '-' | '.' | '!'
            | '|' | '~' | '=' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.replace("www\\.", &format!("www{BREAK}\\."))
}

/// The text as code within a line, in more backticks than it has in a row.
pub fn code(text: &str) -> String {
    let text = visible(&one_line(text));
    if text.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let touches = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if touches { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// The text as a block of its own, in a fence longer than any run of backticks in it.
pub fn fence(language: &str, text: &str) -> String {
    let text = visible(text);
    let ticks = "`".repeat(longest_run(&text, '`').max(2) + 1);
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    format!("{ticks}{language}\n{text}{end}{ticks}")
}

/// The first `most` characters, with a word about the rest where there is more.
pub fn capped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} … (cut)", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// Control characters and those that turn the reading direction are spelled out: a reviewer must
/// see what a machine would read. Line feeds and tabs stay.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            c if c.is_control() || is_invisible(c) => {
                write!(out, "\\u{{{:04x}}}", u32::from(c)).expect("a string takes all text");
            }
            c => out.push(c),
        }
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_neither_formats_nor_mentions_nor_links() {
        let shown = |text: &str| inline(text).replace(BREAK, "¦");
        assert_eq!(shown("a_b *c* `d` [x](y)"), "a\\_b \\*c\\* \\`d\\` \\[x\\]\\(y\\)");
        assert_eq!(shown("<img src=x> &amp;"), "&lt;img src\\=x&gt; &amp;amp;");
        assert_eq!(shown("ping @team #12"), "ping @¦team \\#¦12");
        assert_eq!(shown("see https://evil.example"), "see https:¦//evil\\.example");
        assert_eq!(shown("see www.evil.example"), "see www¦\\.evil\\.example");
        assert_eq!(shown("one\n\n# two"), "one \\#¦ two");
        assert_eq!(shown("<!-- adp -->"), "&lt;\\!\\-\\- adp \\-\\-&gt;");
    }

    #[test]
    fn code_and_fences_are_longer_than_what_they_hold() {
        assert_eq!(code("amt"), "`amt`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(fence("diff", "+ x\n"), "```diff\n+ x\n```");
        assert_eq!(fence("", "````\nout"), "`````\n````\nout\n`````");
    }

    #[test]
    fn what_hides_is_spelled_out() {
        assert_eq!(code("a\u{202e}b\u{1b}[0m"), "`a\\u{202e}b\\u{001b}[0m`");
        assert_eq!(fence("", "a\tb\r\n"), "```\na\tb\n```");
    }

    #[test]
    fn a_cap_counts_characters() {
        assert_eq!(capped("äöü", 3), "äöü");
        assert_eq!(capped("äöüx", 3), "äöü … (cut)");
    }
}
