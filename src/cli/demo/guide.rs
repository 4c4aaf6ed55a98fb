//! Where everything lies when the demo is over, and what to try next: commands that work.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::paint::{Paint, Tone};
use super::report::{Report, Row};

/// The last lines of the demo.
pub struct Guide<'a> {
    pub report: &'a Report,
    /// How the caller named us.
    pub program: &'a str,
    /// Whether the steps go on running.
    pub keeps: bool,
}

impl Guide<'_> {
    pub fn text(&self, health: SocketAddr, paint: Paint) -> String {
        let mut text = format!("{}\n", paint.tone(Tone::Dim, "WHERE IT LIES"));
        let places = &self.report.places;
        for (what, path) in [
            ("messages", &places.messages),
            ("pull requests", &places.pull_requests),
            ("jobs, in git", &places.repository),
            ("logs, events", &places.logs),
        ] {
            let _ = writeln!(text, "  {what:13}  {path}");
        }
        let _ = writeln!(text, "\n{}", paint.tone(Tone::Dim, "TRY NEXT"));
        for command in self.commands(health) {
            let _ = writeln!(text, "  {command}");
        }
        if self.keeps {
            text.push_str("\nEverything is left running; Ctrl-C ends it.\n");
        }
        text.trim_end().to_owned()
    }

    fn commands(&self, health: SocketAddr) -> Vec<String> {
        let places = &self.report.places;
        let program = quoted(self.program);
        let repository = quoted(&places.repository);
        let mut commands = Vec::new();
        if let Some((branch, page)) = self.report.failures.iter().find_map(pull_request) {
            commands.push(format!("git -C {repository} log --all --oneline --graph"));
            commands.push(format!("git -C {repository} show {}", quoted(branch)));
            commands.push(format!("cat {}", quoted(page)));
        }
        if let Some(message) = self.report.failures.iter().find_map(|row| row.message.as_ref()) {
            commands.push(format!("cat {}", quoted(message)));
        }
        let log = quoted(&format!("{}/session_cache/driver.log", places.logs));
        commands.push(format!("{program} analyze {log}"));
        if self.keeps {
            let settings = quoted(&places.settings);
            let event = quoted(&format!("{}/customer_360/event.json", places.logs));
            commands.push(format!("{program} --settings {settings} tail root-causes"));
            commands.push(format!("{program} --settings {settings} emit {event}"));
            commands.push(format!("curl http://{health}/metrics"));
        } else {
            commands.push(format!("{program} demo --keep"));
        }
        commands
    }
}

fn pull_request(row: &Row) -> Option<(&str, &str)> {
    let request = row.pull_request.as_ref()?;
    Some((request.branch.as_deref()?, request.text.as_deref()?))
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_stay_one_word() {
        assert_eq!(quoted("/tmp/adp-demo/outbox"), "/tmp/adp-demo/outbox");
        assert_eq!(quoted("/tmp/it's here"), r"'/tmp/it'\''s here'");
        assert_eq!(quoted(""), "''");
    }
}
