//! Redacts text that comes in chunks: the same as of the whole, wherever the chunks end.

use crate::redactor::Redactor;

/// Bytes of a line that are looked at together. A longer line is taken in parts that end where no
/// secret is seen.
pub(crate) const WINDOW: usize = 256 * 1024;

/// What a line leaves open for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Open {
    #[default]
    Nothing,
    /// A private key has begun.
    PrivateKey,
    /// A telling name has been read, and its value is on the next line.
    Value,
}

/// Chunks in, text without secrets out; holds back no more than one line, or 256 KiB of it.
#[derive(Debug)]
pub struct Stream<'r> {
    redactor: &'r Redactor,
    open: Open,
    pending: Vec<u8>,
    window: usize,
    /// What was taken out, with its placeholder, where somebody wants to know.
    pub(crate) secrets: Option<Vec<(String, String)>>,
}

impl Redactor {
    /// Begins a text.
    pub fn stream(&self) -> Stream<'_> {
        self.stream_with(WINDOW)
    }

    pub(crate) fn stream_with(&self, window: usize) -> Stream<'_> {
        Stream { redactor: self, open: Open::Nothing, pending: Vec::new(), window, secrets: None }
    }
}

impl Stream<'_> {
    /// Reads the next bytes and hands out the lines that are complete. Bytes that are not UTF-8
    /// become replacement characters.
    pub fn feed(&mut self, mut chunk: &[u8]) -> String {
        let mut out = String::new();
        while let Some(end) = chunk.iter().position(|&byte| byte == b'\n') {
            // Most lines lie within one chunk and need not be copied.
            if self.pending.is_empty() && end <= self.window {
                self.redact(&chunk[..end], &mut out);
            } else {
                self.take(&chunk[..end], &mut out);
                self.flush(&mut out);
            }
            out.push('\n');
            chunk = &chunk[end + 1..];
        }
        self.take(chunk, &mut out);
        out
    }

    /// Ends the text and hands out its last line.
    pub fn finish(self) -> String {
        self.end().0
    }

    pub(crate) fn end(mut self) -> (String, Vec<(String, String)>) {
        let mut out = String::new();
        self.flush(&mut out);
        (out, self.secrets.unwrap_or_default())
    }

    /// Reads one whole line without its end; for texts that are lists of lines.
    pub fn line(&mut self, line: &str) -> String {
        let mut out = self.feed(line.as_bytes());
        self.flush(&mut out);
        out
    }

    fn take(&mut self, mut bytes: &[u8], out: &mut String) {
        // In steps of the window, so that parts end at the same place for any chunking.
        while self.pending.len() + bytes.len() > self.window {
            let (now, later) = bytes.split_at(self.window - self.pending.len());
            self.pending.extend_from_slice(now);
            bytes = later;
            let cut = self.quiet_cut();
            let rest = self.pending.split_off(cut);
            self.flush(out);
            self.pending = rest;
        }
        self.pending.extend_from_slice(bytes);
    }

    fn flush(&mut self, out: &mut String) {
        let pending = std::mem::take(&mut self.pending);
        self.redact(&pending, out);
    }

    fn redact(&mut self, line: &[u8], out: &mut String) {
        let line = String::from_utf8_lossy(line);
        let (text, open) = self.redactor.redact_line(line, self.open, self.secrets.as_mut());
        out.push_str(&text);
        self.open = open;
    }

    /// A place in the second half of the window where neither a secret nor its name stands.
    fn quiet_cut(&self) -> usize {
        let whole = match std::str::from_utf8(&self.pending) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&self.pending[..error.valid_up_to()]).unwrap_or(""),
        };
        let spans = self.redactor.spans(whole, self.open);
        let most = self.window * 7 / 8;
        let mut cut = most.min(whole.len());
        for span in spans.iter().rev() {
            if span.from < cut && cut < span.secret.end.saturating_add(1) {
                cut = span.from;
            }
        }
        let blank = whole.as_bytes()[..cut].iter().rposition(|byte| *byte == b' ');
        cut = blank.map_or(cut, |at| at + 1);
        while !whole.is_char_boundary(cut) {
            cut -= 1;
        }
        if cut < self.window / 2 { most } else { cut }
    }
}
