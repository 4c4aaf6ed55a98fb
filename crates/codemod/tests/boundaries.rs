//! What must not appear where: the promises that no single file can show.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn only_one_folder_names_the_parser() {
    for (path, text) in sources() {
        let behind_the_door = path.components().any(|part| part.as_os_str() == "python");
        assert!(behind_the_door || !text.contains("ruff_"), "{}", path.display());
    }
}

#[test]
fn nothing_does_input_or_output_asks_the_time_or_reads_the_environment() {
    for (path, text) in sources() {
        for word in ["std::fs", "std::io", "std::net", "std::env", "std::time", "println!"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are readable") {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                sources.push((path, text));
            }
        }
    }
    assert!(sources.len() > 15, "the sources were found");
    sources
}
