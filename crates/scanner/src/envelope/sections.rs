//! Which part of an aggregated log we are in: YARN's containers and their files, and the headers
//! that `tail` writes between files.

use std::sync::Arc;

/// Remembers the container and the file whose content follows.
#[derive(Default)]
pub(super) struct Sections {
    container: Option<Box<str>>,
    origin: Option<Arc<str>>,
}

impl Sections {
    /// Where the lines come from that follow the last marker.
    pub fn origin(&self) -> Option<Arc<str>> {
        self.origin.clone()
    }

    /// Takes note of a marker; false for every other line.
    pub fn read(&mut self, text: &str) -> bool {
        match text.as_bytes().first() {
            Some(b'C') => self.enter_container(text),
            Some(b'L') => self.enter_file(text),
            Some(b'E') => self.leave_file(text),
            Some(b'=') => self.enter_tailed_file(text),
            _ => false,
        }
    }

    /// `Container: container_e01_1700000000000_0001_01_000002 on host_8041`
    fn enter_container(&mut self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix("Container: ") else { return false };
        let Some((container, _host)) = rest.split_once(" on ") else { return false };
        if !container.starts_with("container_") || container.contains(' ') {
            return false;
        }
        self.container = Some(container.into());
        self.origin = Some(container.into());
        true
    }

    /// `LogType:stderr`
    fn enter_file(&mut self, text: &str) -> bool {
        let Some(file) = text.strip_prefix("LogType:").map(str::trim) else { return false };
        if file.is_empty() || file.contains(' ') {
            return false;
        }
        self.origin = Some(match &self.container {
            Some(container) => format!("{container}/{file}").into(),
            None => file.into(),
        });
        true
    }

    /// `End of LogType:stderr`
    fn leave_file(&mut self, text: &str) -> bool {
        if !text.starts_with("End of LogType:") {
            return false;
        }
        self.origin = self.container.as_deref().map(Arc::from);
        true
    }

    /// `==> executors/1/stderr <==`
    fn enter_tailed_file(&mut self, text: &str) -> bool {
        let file = text.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <=="));
        let Some(file) = file else { return false };
        self.container = None;
        self.origin = Some(file.into());
        true
    }
}
