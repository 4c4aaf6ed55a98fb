//! Any file as Spark's event log, plain or packed: read within its limits, or refused.

use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use adp::world::spark_history::{Limits, read};
use tempfile::TempDir;

const NAMES: [&str; 6] =
    ["app-1", "app-1.zstd", "app-1.lz4", "app-1.snappy", "app-1.lzf", "app-1.inprogress"];

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

/// The first byte says how the file is packed.
pub fn run(data: &[u8]) {
    let Some((&kind, content)) = data.split_first() else { return };
    let path = FOLDER.path().join(NAMES[usize::from(kind) % NAMES.len()]);
    fs::write(&path, content).expect("the folder is ours");
    let limits = Limits { log_bytes: 1 << 20, line_bytes: 1 << 16 };
    match read(&path, &limits, &AtomicBool::new(false)) {
        Ok(run) => assert!(run.reading.n_events > 0),
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}
