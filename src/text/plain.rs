//! Keeps what logs say short and harmless wherever plain text is shown.
//!
//! A log may hold escape sequences that repaint a terminal, or marks that turn the reading
//! direction round; a person must see the line, not what the line does.

/// One line of at most `most` characters: runs of white space become one space, what cannot be
/// seen is left out, a cut shows as `…`.
pub fn one_line(text: &str, most: usize) -> String {
    let visible: String = text.chars().filter(|c| c.is_whitespace() || is_visible(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    cut(&words.join(" "), most)
}

/// At most `lines` lines of at most `chars` characters, indented as they were.
pub fn block(text: &str, lines: usize, chars: usize) -> String {
    let mut kept: Vec<String> =
        text.lines().take(lines).map(|line| code_line(line, chars)).collect();
    let beyond = text.lines().count().saturating_sub(lines);
    if beyond > 0 {
        kept.push(format!("… {beyond} more lines"));
    }
    kept.join("\n")
}

/// One line of code of at most `most` characters; its indentation stays.
pub fn code_line(line: &str, most: usize) -> String {
    let visible: String = line.replace('\t', "    ").chars().filter(|c| is_visible(*c)).collect();
    cut(visible.trim_end(), most)
}

/// Lines of at most `width` characters, broken between words; `first` and `rest` stand before them. A
/// word that is wider than the line stands alone on it.
pub fn wrap(text: &str, first: &str, rest: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn is_visible(c: char) -> bool {
    let reorders_or_hides = matches!(c,
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}');
    !c.is_control() && !reorders_or_hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_left_out_and_what_is_long_is_cut() {
        assert_eq!(one_line("a\u{1b}[31m  red\n\tline\u{202e}", 99), "a[31m red line");
        assert_eq!(one_line("häuser am see", 8), "häuser…");
        assert_eq!(one_line("häuser", 6), "häuser");
        assert_eq!(block("a\n\tb  \nc\nd", 2, 9), "a\n    b\n… 2 more lines");
    }

    #[test]
    fn lines_break_between_words_and_hang() {
        let lines = wrap("one two three a-very-long-word four", "* ", "  ", 12);
        assert_eq!(lines, ["* one two", "  three", "  a-very-long-word", "  four"]);
    }
}
