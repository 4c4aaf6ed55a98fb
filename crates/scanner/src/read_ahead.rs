//! Reads and marks the next blocks of a log while the last one is scanned: a large log keeps two
//! processors busy, and one of them does the unpacking.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::mark::Marks;
use crate::pack::Pack;
use crate::scanner::Scanner;

/// Bytes read at once.
const BLOCK: usize = 256 * 1024;
/// Blocks that are marked and not yet scanned.
const MOST_AHEAD: usize = 4;

struct Block {
    bytes: Vec<u8>,
    marks: Marks,
}

/// Feeds the scanner with everything that `source` holds.
pub(crate) fn feed_from(scanner: &mut Scanner<'_>, mut source: impl Read + Send) -> io::Result<()> {
    let pack = scanner.pack();
    let mut first = vec![0; BLOCK];
    let n_read = fill(&mut source, &mut first, |bytes| scanner.feed(bytes))?;
    if n_read < BLOCK {
        // Most logs are small, and not worth a thread.
        return Ok(());
    }
    let within_line = scanner.is_within_line();
    thread::scope(|scope| {
        let (marked, blocks) = sync_channel::<Block>(MOST_AHEAD);
        let (spent, spare) = sync_channel::<Vec<u8>>(MOST_AHEAD + 2);
        let reader = scope.spawn(move || read_blocks(pack, source, within_line, &marked, &spare));
        for block in blocks {
            scanner.feed_marked(&block.bytes, &block.marks);
            // The reader may have ended, and then nobody wants the memory back.
            let _ = spent.try_send(block.bytes);
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn read_blocks(
    pack: &Pack,
    mut source: impl Read,
    mut within_line: bool,
    marked: &SyncSender<Block>,
    spare: &Receiver<Vec<u8>>,
) -> io::Result<()> {
    loop {
        let mut bytes = spare.try_recv().unwrap_or_default();
        bytes.resize(BLOCK, 0);
        let mut n_filled = 0;
        let read = fill(&mut source, &mut bytes, |filled| n_filled = filled.len());
        bytes.truncate(n_filled);
        let marks = pack.mark(&bytes, within_line);
        within_line = bytes.last().map_or(within_line, |&byte| byte != b'\n');
        let is_sent = marked.send(Block { bytes, marks }).is_ok();
        if read? < BLOCK || !is_sent {
            return Ok(());
        }
    }
}

/// Reads until `bytes` is full, or the source at its end or broken; `done` gets what was read in
/// any case.
fn fill(source: &mut impl Read, bytes: &mut [u8], done: impl FnOnce(&[u8])) -> io::Result<usize> {
    let mut n_filled = 0;
    let end = loop {
        match source.read(&mut bytes[n_filled..]) {
            Ok(0) => break Ok(n_filled),
            Ok(n) => n_filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    done(&bytes[..n_filled]);
    end
}
