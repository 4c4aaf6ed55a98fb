//! Cuts a stream of bytes into lines, the same lines for any chunking, in constant memory.

use crate::line::Span;

/// Bytes kept of one physical line; what follows is dropped and the line counted as cut.
pub(crate) const LONGEST_LINE: usize = 256 * 1024;

/// Collects the pieces of a line that lies across chunks.
#[derive(Default)]
pub(crate) struct Splitter {
    pending: Vec<u8>,
    pending_is_cut: bool,
    started: bool,
    /// Offset of the next byte to come.
    position: u64,
    /// Offset of the first byte of the line that is collected.
    line_start: u64,
}

/// One physical line without its line ending.
pub(crate) struct RawLine<'a> {
    pub bytes: &'a [u8],
    pub is_cut: bool,
    pub span: Span,
}

impl Splitter {
    /// Calls `each` for every line that ends within `chunk`; the rest waits for the next call.
    pub fn feed(&mut self, mut chunk: &[u8], mut each: impl FnMut(RawLine<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            let piece = &chunk[..end];
            chunk = &chunk[end + 1..];
            if self.started {
                self.keep(piece);
                self.hand_out(&mut each);
            } else {
                let kept = &piece[..piece.len().min(LONGEST_LINE)];
                self.position += piece.len() as u64;
                each(trimmed(kept, piece.len() > LONGEST_LINE, self.span()));
            }
            self.position += 1;
            self.line_start = self.position;
        }
        if !chunk.is_empty() {
            self.keep(chunk);
        }
    }

    /// Hands out the last line when the stream did not end with a line feed.
    pub fn finish(&mut self, mut each: impl FnMut(RawLine<'_>)) {
        if self.started {
            self.hand_out(&mut each);
        }
    }

    /// Takes note of whole lines that somebody else reads.
    pub fn pass_over(&mut self, n_bytes: usize) {
        self.position += n_bytes as u64;
        self.line_start = self.position;
    }

    /// Whether the start of a line waits for its rest.
    pub fn is_within_line(&self) -> bool {
        self.started
    }

    fn keep(&mut self, piece: &[u8]) {
        self.started = true;
        self.position += piece.len() as u64;
        let room = LONGEST_LINE - self.pending.len();
        self.pending_is_cut |= piece.len() > room;
        self.pending.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn hand_out(&mut self, each: &mut impl FnMut(RawLine<'_>)) {
        each(trimmed(&self.pending, self.pending_is_cut, self.span()));
        self.pending.clear();
        self.pending_is_cut = false;
        self.started = false;
    }

    /// From the start of the line to the last byte that came.
    fn span(&self) -> Span {
        Span { start: self.line_start, end: self.position }
    }
}

fn trimmed(bytes: &[u8], is_cut: bool, span: Span) -> RawLine<'_> {
    match bytes.strip_suffix(b"\r") {
        Some(bytes) if !is_cut => {
            RawLine { bytes, is_cut, span: Span { end: span.end - 1, ..span } }
        }
        _ => RawLine { bytes, is_cut, span },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(Vec<u8>, bool)> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        let mut each = |line: RawLine<'_>| lines.push((line.bytes.to_vec(), line.is_cut));
        for chunk in chunks {
            splitter.feed(chunk, &mut each);
        }
        splitter.finish(&mut each);
        lines
    }

    #[test]
    fn line_endings_of_every_kind_are_taken_off() {
        let whole = lines(&[b"a\r\n\r\nb\nc"]);
        let expected: Vec<(Vec<u8>, bool)> =
            ["a", "", "b", "c"].map(|text| (text.as_bytes().to_vec(), false)).into();
        assert_eq!(whole, expected);
        assert_eq!(lines(&[b"a\r", b"\n\r", b"\nb", b"\n", b"c"]), expected);
    }

    #[test]
    fn lines_know_where_they_stand() {
        for chunks in [&[&b"ab\r\n\nc"[..]][..], &[b"a", b"b\r", b"\n", b"\nc"]] {
            let mut splitter = Splitter::default();
            let mut spans = Vec::new();
            let mut each = |line: RawLine<'_>| spans.push((line.span.start, line.span.end));
            for chunk in chunks {
                splitter.feed(chunk, &mut each);
            }
            splitter.finish(&mut each);
            assert_eq!(spans, [(0, 2), (4, 4), (5, 6)]);
        }
    }

    #[test]
    fn an_endless_line_is_cut_at_the_same_byte_in_any_chunking() {
        let mut long = vec![b'x'; LONGEST_LINE];
        long.push(b'\r');
        let whole = lines(&[&[long.as_slice(), b"\nnext"].concat()]);
        assert_eq!(whole[0].0.len(), LONGEST_LINE);
        assert!(whole[0].1);
        assert_eq!(whole[1], (b"next".to_vec(), false));
        let pieces: Vec<&[u8]> = long.chunks(1000).chain([&b"\n"[..], b"next"]).collect();
        assert_eq!(lines(&pieces), whole);
    }
}
