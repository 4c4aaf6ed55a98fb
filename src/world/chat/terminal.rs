//! Prints messages for somebody who watches.
//!
//! What is printed cannot be changed, so a later revision prints its title and only what is new.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{Posted, digest_of};
use crate::records::Notice;
use crate::records::notice::{Line, Section, SectionKind};
use crate::runtime::Fault;
use crate::text::plain::{code_line, one_line, wrap};

const INDENT: &str = "  ";
const NARROWEST: usize = 40;

/// A terminal, or whatever else takes lines of text.
pub struct Terminal {
    writer: Arc<Mutex<dyn Write + Send>>,
    /// Columns.
    width: usize,
}

impl Terminal {
    /// Prints to a writer that others may print to as well; a message is written in one go.
    pub fn new(writer: Arc<Mutex<dyn Write + Send>>, width: usize) -> Self {
        Terminal { writer, width: width.max(NARROWEST) }
    }

    pub(super) async fn post(
        &self,
        notice: &Notice,
        prior: Option<&Posted>,
    ) -> Result<Posted, Fault> {
        let text = block(notice, prior, self.width);
        let writer = self.writer.clone();
        // A terminal that was stopped holds its writer up, which must not hold up the others.
        let written = tokio::task::spawn_blocking(move || write(&writer, &text)).await;
        match written {
            Ok(Ok(())) => Ok(Posted::of(notice, None)),
            Ok(Err(error)) => Err(Fault::unsure(format!("failed to print: {error}"))),
            Err(error) => Err(Fault::unsure(format!("failed to print: {error}"))),
        }
    }
}

fn write(writer: &Mutex<dyn Write + Send>, text: &str) -> io::Result<()> {
    let mut writer = writer.lock().map_err(|_| io::Error::other("another printer panicked"))?;
    writer.write_all(text.as_bytes())?;
    writer.flush()
}

/// The message as it is printed: all of it at first, then what the last revision did not say.
fn block(notice: &Notice, prior: Option<&Posted>, width: usize) -> String {
    let is_new = |section: &&Section| match prior {
        None => true,
        Some(prior) => {
            section.kind != SectionKind::Footer && !prior.said.contains(&digest_of(section))
        }
    };
    let head = match prior {
        None => format!("■ {}", notice.title),
        Some(_) => format!("□ {} (update {})", notice.title, notice.revision),
    };
    let mut out = wrap(&one_line(&head, usize::MAX), "", INDENT, width);
    for section in notice.sections.iter().filter(is_new) {
        out.extend(lines_of(section, width));
    }
    out.push(String::new());
    out.join("\n") + "\n"
}

fn lines_of(section: &Section, width: usize) -> Vec<String> {
    let mut out = Vec::new();
    let label = one_line(&section.label, usize::MAX);
    // A label with one line of text goes before it; over code or a list it stands alone.
    let is_inline = section.kind == SectionKind::Prose;
    if !label.is_empty() && !is_inline {
        out.extend(wrap(&label, INDENT, INDENT, width));
    }
    for (index, line) in section.lines.iter().enumerate() {
        let text = one_line(&plain(line), usize::MAX);
        match section.kind {
            SectionKind::Code => {
                out.extend(chunks(&code_line(&plain(line), usize::MAX), "    ", width));
            }
            SectionKind::List => out.extend(wrap(&text, "  • ", "    ", width)),
            SectionKind::Prose if index == 0 && !label.is_empty() => {
                out.extend(wrap(&format!("{label}: {text}"), INDENT, INDENT, width));
            }
            SectionKind::Prose | SectionKind::Footer => {
                out.extend(wrap(&text, INDENT, INDENT, width));
            }
        }
    }
    out
}

fn plain(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

/// Breaks wherever the line is full: code is shown whole.
fn chunks(code: &str, indent: &str, width: usize) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let room = width.saturating_sub(indent.len()).max(1);
    chars
        .chunks(room)
        .map(|chunk| format!("{indent}{}", chunk.iter().collect::<String>()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_breaks_wherever_the_line_is_full() {
        assert_eq!(chunks("abcdefg", "  ", 5), ["  abc", "  def", "  g"]);
    }
}
