//! Where everything lies when the demo is over, and what to try next: commands that work.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::cases::CASES;
use super::paint::{Paint, Tone};
use super::report::{Report, Row};

/// The last lines of the demo.
pub struct Guide<'a> {
    pub report: &'a Report,
    /// How to call us from anywhere.
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
            text.push_str(
                "\nEverything is left running, and ./adp.toml names it; Ctrl-C ends it.\n",
            );
        }
        text.trim_end().to_owned()
    }

    /// The first one goes where the others work.
    fn commands(&self, health: SocketAddr) -> Vec<String> {
        let program = quoted(self.program);
        let mut commands = vec![format!("cd {}", quoted(&self.report.places.folder))];
        if let Some((branch, page)) = self.report.failures.iter().find_map(pull_request) {
            commands.push("git -C etl log --all --oneline --graph".to_owned());
            commands.push(format!("git -C etl show {}", quoted(branch)));
            commands.push(format!("cat pull-requests/{}", quoted(file_name(page))));
        }
        if let Some(message) = self.report.failures.iter().find_map(|row| row.message.as_ref()) {
            commands.push(format!("cat outbox/{}", quoted(file_name(message))));
        }
        let name = CASES[0].name;
        commands
            .push(format!("{program} analyze cases/{name}/driver.log --job etl/jobs/{name}.py"));
        if self.keeps {
            commands.push(format!("{program} tail root-causes"));
            commands.push(format!("{program} emit cases/customer_360/event.json"));
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

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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
