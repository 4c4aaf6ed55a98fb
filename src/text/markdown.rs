//! Puts foreign text into Markdown so that it stays text.
//!
//! Logs, column names and sources are written by whoever made the job fail. Here they lose the power
//! to format, link, mention, close a fence or hide: everything else in a page is our own words.

use std::fmt::Write as _;

/// Stands behind a character that would start a mention or a link; it is not seen.
const BREAK: char = '\u{200b}';

/// The text in one line of running text: no formatting, mention, issue reference, link or HTML.
///
/// A mark is escaped only where it would do something, because people also read these pages
/// unrendered, and names of columns and files must stay legible there.
pub fn inline(text: &str) -> String {
    let line: Vec<char> = visible(&one_line(text)).chars().collect();
    let mut out = String::with_capacity(line.len() + 16);
    for (at, &c) in line.iter().enumerate() {
        let (before, after) = (&line[..at], &line[at + 1..]);
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if after.first().is_some_and(|c| is_word(*c) || *c == '#') => out.push_str("&amp;"),
            c if does_something(c, before, after) => out.extend(['\\', c]),
            c => out.push(c),
        }
        if calls(c, before, after) {
            out.push(BREAK);
        }
    }
    out
}

fn does_something(c: char, before: &[char], after: &[char]) -> bool {
    match c {
        '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' | '{' | '}' => true,
        // Within a word it is only an underscore.
        '_' => {
            !(before.last().is_some_and(|c| is_word(*c))
                && after.first().is_some_and(|c| is_word(*c)))
        }
        // Headings, lists and underlines of headings begin a line; `#12` refers to an issue.
        '#' => before.is_empty() || refers(after),
        '+' | '-' | '=' => before.is_empty(),
        '.' | ')' => !before.is_empty() && before.iter().all(char::is_ascii_digit),
        _ => false,
    }
}

/// Whether something would be called, referred to or linked, were it not broken up behind the
/// character.
fn calls(c: char, before: &[char], after: &[char]) -> bool {
    match c {
        '@' => after.first().is_some_and(|c| is_word(*c) || *c == '_'),
        '#' | '!' => refers(after),
        ':' => after.starts_with(&['/', '/']),
        'w' | 'W' => {
            let is_w = |c: &char| c.eq_ignore_ascii_case(&'w');
            after.first() == Some(&'.')
                && before.iter().rev().take(2).filter(|c| is_w(c)).count() == 2
        }
        _ => false,
    }
}

fn refers(after: &[char]) -> bool {
    after.first().is_some_and(char::is_ascii_digit)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
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

/// A link that shows where it leads; anything but a plain web address becomes code.
pub fn link(url: &str) -> String {
    let scheme = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '\\' | '`'));
    if scheme && plain { format!("<{url}>") } else { code(url) }
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
    fn only_plain_web_addresses_are_links() {
        assert_eq!(link("https://forge.example/pull/1"), "<https://forge.example/pull/1>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://a> <b"), "`https://a> <b`");
    }

    #[test]
    fn running_text_neither_formats_nor_mentions_nor_links() {
        let shown = |text: &str| inline(text).replace(BREAK, "¦");
        for (raw, expected) in [
            ("a_b *c* `d` [x](y)", r"a_b \*c\* \`d\` \[x\](y)"),
            ("_a_ __b__ ~~c~~ $d$", r"\_a\_ \_\_b\_\_ \~\~c\~\~ \$d\$"),
            ("<img src=x> &amp; R & D", "&lt;img src=x&gt; &amp;amp; R & D"),
            ("ping @team #12 !7", r"ping @¦team \#¦12 !¦7"),
            ("me@mail.example", "me@¦mail.example"),
            ("see https://evil.example", "see https:¦//evil.example"),
            ("see www.evil.example", "see www¦.evil.example"),
            ("one\n\n# two", "one # two"),
            ("# one", r"\# one"),
            ("- one", r"\- one"),
            ("---", r"\---"),
            ("12. one", r"12\. one"),
            ("1) one", r"1\) one"),
            ("2026-11-23 02:10 app.py:11 (97 %)", "2026-11-23 02:10 app.py:11 (97 %)"),
            ("<!-- adp -->", "&lt;!-- adp --&gt;"),
            (r"\*a", r"\\\*a"),
        ] {
            assert_eq!(shown(raw), expected);
        }
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
