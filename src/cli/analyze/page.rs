//! Lays text out for a terminal: sections, hanging indents, and colours where they show.
//!
//! All of it may come from a log, so nothing reaches the page but through `text::plain`.

use crate::text::plain::{code_line, one_line, wrap};

/// Narrower than this, words are broken off one by one.
const NARROWEST: usize = 40;
const INDENT: &str = "  ";

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    pub on: bool,
}

/// What is printed, as far as it is made.
pub struct Page {
    width: usize,
    paint: Paint,
    text: String,
}

impl Paint {
    fn text(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            _ if !self.on || text.is_empty() => return text.to_owned(),
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Red => "1;31",
            Ink::Green => "32",
            Ink::Yellow => "1;33",
            Ink::Cyan => "36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

impl Page {
    /// `width` in columns.
    pub fn new(width: usize, paint: Paint) -> Self {
        Page { width: width.max(NARROWEST), paint, text: String::new() }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    /// A line at the margin.
    pub fn title(&mut self, ink: Ink, text: &str) {
        for line in wrap(&one_line(text, usize::MAX), "", INDENT, self.width) {
            self.line(ink, &line);
        }
    }

    /// A heading with what goes beside it, after an empty line.
    pub fn section(&mut self, heading: &str, beside: &str) {
        let beside = one_line(beside, self.width.saturating_sub(heading.chars().count() + 2));
        let heading = self.paint.text(Ink::Bold, heading);
        let beside = self.paint.text(Ink::Cyan, &beside);
        self.text.push('\n');
        self.text.push_str(format!("{heading}  {beside}").trim_end());
        self.text.push('\n');
    }

    /// Sentences.
    pub fn prose(&mut self, ink: Ink, text: &str) {
        for line in wrap(&one_line(text, usize::MAX), INDENT, INDENT, self.width) {
            self.line(ink, &line);
        }
    }

    /// An entry of a list, at most `lines` lines of it.
    pub fn item(&mut self, ink: Ink, bullet: &str, text: &str, lines: usize) {
        let (first, rest) = (format!("{INDENT}{bullet} "), " ".repeat(bullet.chars().count() + 3));
        let mut wrapped = wrap(&one_line(text, usize::MAX), &first, &rest, self.width);
        let is_cut = wrapped.len() > lines;
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut().filter(|_| is_cut) {
            last.push_str(" …");
        }
        for line in wrapped {
            self.line(ink, &code_line(&line, self.width));
        }
    }

    /// Lines of code or of a log as they are, but for what is wider than the page.
    pub fn code(&mut self, ink: Ink, text: &str) {
        for line in text.lines() {
            let line = code_line(line, self.width.saturating_sub(4));
            self.line(ink, format!("    {line}").trim_end());
        }
    }

    /// A line that somebody may want to copy: whole, however wide.
    pub fn verbatim(&mut self, ink: Ink, line: &str) {
        self.line(ink, format!("    {}", code_line(line, usize::MAX)).trim_end());
    }

    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, ink: Ink, line: &str) {
        self.text.push_str(&self.paint.text(ink, line));
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(on: bool) -> Page {
        let mut page = Page::new(40, Paint { on });
        page.title(Ink::Red, "a title");
        page.section("Heading", "file.py:3");
        page.item(Ink::Plain, "1.", "a sentence that is longer than the page is wide, by far", 1);
        page.code(Ink::Dim, "  indented \u{1b}[2J and rather longer than forty columns");
        page
    }

    #[test]
    fn a_page_is_as_wide_as_it_should_be() {
        let text = page(false).into_text();
        assert_eq!(
            text,
            "a title\n\nHeading  file.py:3\n  1. a sentence that is longer than the…\n      \
             indented [2J and rather longer th…\n"
        );
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let coloured = page(true).into_text();
        assert!(coloured.starts_with("\u{1b}[1;31ma title\u{1b}[0m\n"), "{coloured:?}");
        let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_eq!(codes.replace_all(&coloured, ""), page(false).into_text());
    }
}
