//! What `ARCHITECTURE.md` says of the code and no single file can show: mostly what is absent.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

/// A longer file has more than one reason to change.
const MOST_LINES: usize = 600;

/// What a step that decides never needs: each word is a way to wait or to look at the world.
const WAYS_OUT: &str = r"\b(async|await|tokio|reqwest|git2|rdkafka|std::(fs|net|thread|process))\b";

/// Packages that draw by chance.
const CHANCE: [&str; 6] = ["rand", "fastrand", "getrandom", "uuid", "ulid", "nanoid"];

/// A file with its path from the root of the repository.
struct File {
    path: String,
    text: String,
}

impl File {
    fn folder(&self) -> String {
        self.path.split('/').take(2).collect::<Vec<_>>().join("/")
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.ends_with("/testing.rs")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below the folder whose name ends like that, by path.
fn files(folder: &str, ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder of ours") {
            let entry = entry.expect("an entry");
            let path = format!("{folder}/{}", entry.file_name().to_str().expect("a plain name"));
            if entry.file_type().expect("a kind").is_dir() {
                folders.push(path);
            } else if path.ends_with(ending) {
                found.push(File { text: read(&path), path });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Names of what matches, each once and in order; `name` is the file's path or its folder.
fn matching(files: &[File], pattern: &str, name: impl Fn(&File) -> String) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a pattern of ours");
    let hits: BTreeSet<String> =
        files.iter().filter(|file| pattern.is_match(&file.text)).map(name).collect();
    hits.into_iter().collect()
}

fn path(file: &File) -> String {
    file.path.clone()
}

#[test]
fn only_one_folder_names_the_kafka_client() {
    let mut all = files("src", ".rs");
    all.extend(files("crates", ".rs"));
    all.extend(files("crates", ".toml"));
    assert_eq!(matching(&all, r"\brdkafka\b", File::folder), ["src/kafka"]);
}

#[test]
fn only_the_settings_read_the_environment() {
    // What a terminal can do is a convention of terminals and no setting of ours.
    let readers = matching(&files("src", ".rs"), r"\benv::vars?(_os)?\b", path);
    assert_eq!(readers, ["src/cli/screen.rs", "src/config/environment.rs"]);
}

#[test]
fn only_the_clock_asks_the_time() {
    let asking = r"::now\(\)|\bUNIX_EPOCH\.elapsed\b";
    assert_eq!(matching(&files("src", ".rs"), asking, path), ["src/runtime/clock.rs"]);
    // A broker has sessions to end; the libraries that read text have no use for time.
    assert_eq!(matching(&files("crates", ".rs"), asking, File::folder), ["crates/broker"]);
}

#[test]
fn no_stage_awaits_or_looks_at_the_world() {
    let stages = files("src/stages", ".rs");
    let deciding = matching(&stages, r"\bimpl Stage for\b", path);
    let expected = ["find_cause/stage.rs", "notify/compose.rs", "notify/gather.rs"];
    assert_eq!(deciding, expected.map(|file| format!("src/stages/{file}")));
    let decisions: Vec<File> = stages
        .into_iter()
        .filter(|file| deciding.contains(&file.path) || file.path.contains("/find_cause/"))
        .filter(|file| !file.is_test())
        .collect();
    assert_eq!(matching(&decisions, WAYS_OUT, path), [""; 0]);
}

#[test]
fn nothing_is_drawn_by_chance() {
    for manifest in ["Cargo.toml", "crates/broker/Cargo.toml", "crates/codemod/Cargo.toml"] {
        let drawn = dependencies(manifest).into_iter().find(|(name, _)| CHANCE.contains(&&**name));
        assert_eq!(drawn, None, "{manifest}");
    }
}

#[test]
fn libraries_know_nobody_of_the_workspace() {
    let local = |manifest: &str| -> Vec<String> {
        let all = dependencies(manifest).into_iter();
        all.filter(|(_, how)| how.get("path").is_some()).map(|(name, _)| name).collect()
    };
    assert_eq!(local("Cargo.toml"), ["adp-broker", "adp-codemod", "adp-redact", "adp-scanner"]);
    for library in ["broker", "codemod", "redact", "scanner"] {
        assert_eq!(local(&format!("crates/{library}/Cargo.toml")), [""; 0], "{library}");
    }
}

/// Of every kind, by name.
fn dependencies(manifest: &str) -> Vec<(String, toml::Value)> {
    let manifest: toml::Table = read(manifest).parse().expect("TOML");
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = kinds.iter().filter_map(|kind| manifest.get(*kind)?.as_table());
    tables.flat_map(|table| table.clone()).collect()
}

#[test]
fn every_file_says_why_it_exists_and_is_short() {
    let folders = [
        "src",
        "crates/broker",
        "crates/codemod/src",
        "crates/redact",
        "crates/scanner",
        "tests/it",
    ];
    for file in folders.iter().flat_map(|folder| files(folder, ".rs")) {
        assert!(file.text.starts_with("//! "), "{} does not say why it exists", file.path);
        let lines = file.text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", file.path);
    }
}

#[test]
fn the_picture_is_the_one_that_the_code_draws() {
    let page = read("ARCHITECTURE.md");
    // Both files are compared with the production topology where it is drawn.
    let table = format!("```text\n{}```\n", read("docs/topology.txt"));
    let chart = format!("```mermaid\n{}```\n", read("docs/topology.mmd"));
    assert!(page.contains(&table), "the table of steps is not docs/topology.txt");
    assert!(page.contains(&chart), "the chart is not docs/topology.mmd");
}

#[test]
fn the_code_map_is_in_reading_order_and_whole() {
    let page = read("ARCHITECTURE.md");
    let map = section(&page, "## Where things are");
    let fenced = map.split("```").nth(1).expect("a map in a fence");
    let lines = fenced.lines().skip(1).filter(|line| !line.starts_with(' '));
    let entries: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    for entry in &entries {
        assert!(root().join(entry).exists(), "{entry} is on the map and not there");
    }
    let listed: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix("src/"))
        .map(|entry| entry.trim_end_matches('/').trim_end_matches(".rs"))
        .filter(|module| !module.contains('/') && !["lib", "main"].contains(module))
        .collect();
    let library = read("src/lib.rs");
    let modules: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(listed, modules);
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let page = read("ARCHITECTURE.md");
    let rows = section(&page, "## Invariants").lines().filter(|line| line.starts_with("| "));
    let named: Vec<&str> = rows
        .skip(1)
        .flat_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next().map(ticked))
        .flatten()
        .collect();
    assert!(named.len() >= 12, "{named:?}");
    let mut code = files("src", ".rs");
    code.extend(files("crates", ".rs"));
    code.extend(files("tests/it", ".rs"));
    for name in named {
        let is_there = code.iter().any(|file| file.text.contains(&format!("fn {name}(")));
        assert!(is_there, "no test is called {name}");
    }
}

/// What stands between back ticks.
fn ticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().expect("a split has a first part")
}

#[test]
fn every_decision_has_its_three_parts_and_is_on_the_map() {
    let page = read("ARCHITECTURE.md");
    let decisions = files("docs/decisions", ".md");
    assert!(!decisions.is_empty());
    for File { path, text } in decisions {
        let parts: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        let expected = ["## Context", "## Choice", "## What would change our mind"];
        assert_eq!(parts, expected, "{path}");
        let name = path.rsplit('/').next().expect("a name").trim_end_matches(".md");
        assert!(page.contains(&format!("`{name}`")), "ARCHITECTURE.md does not name {path}");
    }
}
