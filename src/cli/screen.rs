//! What the terminal can do.

use std::io::IsTerminal;

/// Columns where the terminal does not tell, and at the most: longer lines are hard to read.
const WIDTH: usize = 100;

/// Whether people asked for no colours.
#[expect(clippy::disallowed_methods, reason = "a convention of terminals and no setting of ours")]
pub fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether standard output shows colours.
pub fn has_colours() -> bool {
    std::io::stdout().is_terminal() && !no_colour()
}

/// Columns of standard output.
#[expect(clippy::disallowed_methods, reason = "set by the shell for its terminal, no setting")]
pub fn width() -> usize {
    // Shells know the variable and seldom pass it on; who does pass it on wants it so.
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(|| size().map(|(columns, _)| columns)).unwrap_or(WIDTH).min(WIDTH)
}

/// Rows of the terminal that standard output is; none where it is no terminal.
pub fn height() -> Option<usize> {
    size().map(|(_, rows)| rows)
}

fn size() -> Option<(usize, usize)> {
    let (columns, rows) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some((columns.0.into(), rows.0.into()))
}

/// Says on a terminal how far a long command is; nothing where standard error is no terminal.
pub struct Progress {
    most: usize,
    shows: bool,
}

impl Progress {
    pub fn over(most: usize) -> Progress {
        Progress { most, shows: std::io::stderr().is_terminal() }
    }

    pub fn show(&self, n_done: usize) {
        if self.shows {
            eprint!("\r{n_done} of {}", self.most);
        }
    }

    /// Leaves nothing behind.
    pub fn clear(&self) {
        if self.shows {
            eprint!("\r\u{1b}[K");
        }
    }
}
