//! Any file as a log, plain or packed: read to its end or its cap, or refused.

use std::fs;
use std::io::Read;
use std::sync::LazyLock;
use std::time::Duration;

use adp::world::log_store::{LogStore, Until};
use adp::world::roots::Roots;
use tempfile::TempDir;

const MOST_BYTES: u64 = 1 << 20;

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

pub fn run(data: &[u8]) {
    let path = FOLDER.path().join("driver.log");
    fs::write(&path, data).expect("the folder is ours");
    let store = LogStore::new(Roots::new(vec![FOLDER.path().to_owned()]), MOST_BYTES);
    let until = Until::new(Duration::from_secs(600), Default::default());
    let Ok(log) = store.open_file(&path.display().to_string(), &until) else { return };
    let mut text = Vec::new();
    // A torn file ends in an error, behind what could be read.
    let _ = log.text.take(2 * MOST_BYTES).read_to_end(&mut text);
    assert!(text.len() as u64 <= MOST_BYTES);
}
