//! Writes text that came from elsewhere into Markdown, so that it reads as it is and does nothing.
//!
//! Nothing in it becomes markup, a link, a mention or a reference: a log line must not call a team.

use super::plain::{code_line, one_line};

/// Follows what would otherwise call a person or an issue; it cannot be seen.
const BREAK: char = '\u{200B}';

/// Text within a line, escaped.
pub fn text(raw: &str) -> String {
    let line: Vec<char> = one_line(raw, usize::MAX).chars().collect();
    let mut out = String::new();
    for (at, &c) in line.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| line[i]);
        let after = line.get(at + 1).copied();
        if needs_escape(c, before, after) {
            out.push('\\');
        }
        out.push(c);
        let calls = c == '@' || (c == '#' && after.is_some_and(|c| c.is_ascii_digit()));
        if calls {
            out.push(BREAK);
        }
    }
    out
}

fn needs_escape(c: char, before: Option<char>, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '#' => true,
        // Within a word it stays an underscore by itself, and names read better without it.
        '_' => !(is_word(before) && is_word(after)),
        // `https://`, and the `www.` that many renderers take for a link.
        '/' => before == Some(':') || (before == Some('/') && after.is_some()),
        '.' => {
            before == Some('w')
                || (before.is_some_and(|c| c.is_ascii_digit()) && after == Some(' '))
        }
        ')' => before.is_some_and(|c| c.is_ascii_digit()),
        '!' => after == Some('['),
        // What would start a list or underline a heading.
        '-' | '+' | '=' => before.is_none(),
        _ => false,
    }
}

/// A code span, fenced by more backticks than the text holds in a row; empty for empty text.
pub fn code(raw: &str) -> String {
    let line = raw.lines().map(|l| code_line(l, usize::MAX)).collect::<Vec<_>>().join(" ");
    let line = line.trim();
    if line.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run_of_backticks(line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// A fenced block. `language` is ours, never from a log.
pub fn fence(raw: &str, language: &str) -> String {
    let lines: Vec<String> = raw.lines().map(|line| code_line(line, usize::MAX)).collect();
    let body = lines.join("\n");
    let ticks = "`".repeat((longest_run_of_backticks(&body) + 1).max(3));
    format!("{ticks}{language}\n{body}\n{ticks}")
}

/// A link that shows where it leads; anything but a plain web address becomes code.
pub fn link(url: &str) -> String {
    let scheme = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '\\' | '`'));
    if scheme && plain { format!("<{url}>") } else { code(url) }
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_log_does_nothing() {
        for (raw, escaped) in [
            ("booking_date is _private_", r"booking_date is \_private\_"),
            ("<img src=x> [a](b) `c` *d*", r"\<img src=x\> \[a\](b) \`c\` \*d\*"),
            ("see https://evil.example", r"see https:\/\/evil.example"),
            ("www.evil.example", r"www\.evil.example"),
            ("@team #12", "@\u{200B}team \\#\u{200B}12"),
            ("- item", r"\- item"),
            ("1. item\n# head", r"1\. item \# head"),
            ("2) a $x$ & b | c ~d~", r"2\) a \$x\$ \& b \| c \~d\~"),
            ("s3a://bucket/a/b", r"s3a:\/\/bucket/a/b"),
        ] {
            assert_eq!(text(raw), escaped);
        }
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code(" "), "");
        assert_eq!(fence("a\n````\n# b", "text"), "`````text\na\n````\n# b\n`````");
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(link("https://forge.example/pull/1"), "<https://forge.example/pull/1>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://a> <b"), "`https://a> <b`");
    }
}
