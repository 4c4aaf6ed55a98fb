//! Walks `fixtures/<mod>/<case>/`: what each codemod makes of a file, and of which files it makes nothing.
//!
//! `why.toml` holds the request and what must come of it. `UPDATE_EXPECT=1` rewrites `after.py` and the
//! expected part; the difference is then read in review.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adp_codemod::{Applicability, Outcome, Request, all, apply, unified_diff};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    /// What the case is there for.
    about: String,
    expect: Option<Expect>,
    request: Request,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Expect {
    Patched { applicability: Applicability, why_here: String },
    Already(String),
    Refused(String),
}

struct Case {
    folder: PathBuf,
    why: Why,
    before: String,
    after: Option<String>,
}

#[test]
fn every_case_ends_as_it_says() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for mut case in cases() {
        let (expect, after) = run(&case);
        if update {
            write(&mut case, expect, after);
        } else if case.why.expect.as_ref() != Some(&expect) || case.after != after {
            let name = case.folder.display();
            let diff = unified_diff(
                "after.py",
                case.after.as_deref().unwrap_or_default(),
                after.as_deref().unwrap_or_default(),
            );
            wrong.push(format!("{name}\nwanted {:?}\ngot    {expect:?}\n{diff}", case.why.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_patch_leaves_the_rest_of_its_file_alone() {
    for case in cases() {
        let Outcome::Patched(patch) = apply(&case.why.request, &case.before) else { continue };
        let name = case.folder.display();
        let touched = lines_gone(&case.before, &patch.text);
        assert!(touched.len() <= patch.edits, "{name}: touched {touched:?}");
        for line in touched {
            if let Some((_, comment)) = line.split_once('#') {
                assert!(patch.text.contains(comment.trim_end()), "{name}: lost # {comment}");
            }
        }
        let crlf = |text: &str| text.matches("\r\n").count() == text.matches('\n').count();
        assert!(!crlf(&case.before) || crlf(&patch.text), "{name}: mixed line ends");
        let blank_end = |text: &str| text.ends_with('\n');
        assert_eq!(blank_end(&case.before), blank_end(&patch.text), "{name}: last line end");
    }
}

#[test]
fn every_patch_is_a_fixed_point() {
    for case in cases() {
        if let Outcome::Patched(patch) = apply(&case.why.request, &case.before) {
            let again = apply(&case.why.request, &patch.text);
            assert!(!matches!(again, Outcome::Patched(_)), "{}", case.folder.display());
        }
    }
}

#[test]
fn every_codemod_has_an_example_a_patch_and_a_case_it_leaves_alone() {
    let mut by_mod: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in cases() {
        let codemod = case.why.request.codemod();
        let folder = case.folder.parent().and_then(Path::file_name).expect("a case lies in a mod");
        assert_eq!(folder.to_str(), Some(codemod.name), "{}", case.folder.display());
        let counts = by_mod.entry(codemod.name.to_owned()).or_default();
        if case.after.is_some() {
            counts.0 += 1
        } else {
            counts.1 += 1
        }
        if case.folder.ends_with("example") {
            assert_eq!(codemod.before, case.before);
            assert_eq!(Some(codemod.after), case.after.as_deref());
        }
    }
    for codemod in all() {
        let (patched, left_alone) = by_mod.get(codemod.name).copied().unwrap_or_default();
        assert!(patched >= 2 && left_alone >= 2, "{}: {patched}, {left_alone}", codemod.name);
        assert!(!codemod.before.is_empty() && codemod.before != codemod.after, "{}", codemod.name);
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut cases: Vec<Case> =
        folders(&root).iter().flat_map(|codemod| folders(codemod)).map(read).collect();
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    assert!(cases.len() > 40, "the fixtures were found");
    cases
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("the folder of fixtures is readable");
    entries
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.is_dir())
        .collect()
}

fn read(folder: PathBuf) -> Case {
    let text = |name: &str| fs::read_to_string(folder.join(name));
    let why = text("why.toml").unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let why = toml::from_str(&why).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let before = text("before.py").unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let after = text("after.py").ok();
    Case { folder, why, before, after }
}

fn run(case: &Case) -> (Expect, Option<String>) {
    match apply(&case.why.request, &case.before) {
        Outcome::Patched(patch) => {
            let why_here = patch.why.why_here;
            (Expect::Patched { applicability: patch.applicability, why_here }, Some(patch.text))
        }
        Outcome::Already(reason) => (Expect::Already(reason), None),
        Outcome::Refused(reason) => (Expect::Refused(reason), None),
    }
}

fn write(case: &mut Case, expect: Expect, after: Option<String>) {
    case.why.expect = Some(expect);
    let why = toml::to_string(&case.why).expect("a case can be written as TOML");
    fs::write(case.folder.join("why.toml"), why).expect("the case is writable");
    let path = case.folder.join("after.py");
    match after {
        Some(text) => fs::write(path, text).expect("the case is writable"),
        None if path.exists() => fs::remove_file(path).expect("the case is writable"),
        None => {}
    }
}

/// Lines of `before` that `after` has not, counting repetitions.
fn lines_gone<'a>(before: &'a str, after: &str) -> Vec<&'a str> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in after.split_inclusive('\n') {
        *left.entry(line).or_default() += 1;
    }
    let mut gone = Vec::new();
    for line in before.split_inclusive('\n') {
        match left.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => gone.push(line),
        }
    }
    gone
}
