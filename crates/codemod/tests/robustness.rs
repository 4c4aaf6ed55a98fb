//! Every codemod on every file we have, whole and damaged, with evidence taken from the file itself:
//! nothing may panic, and nothing a codemod wants may fail a gate.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use adp_codemod::{
    BroadcastJoin, JoinOnName, NullGuard, Outcome, PlanPosition, RenameColumn, Request, Seen,
    SessionSetting, SideSize, SparkLine, ToLocalIterator, TryCast, UnionByName, apply,
};

#[test]
fn nothing_panics_and_no_gate_fails() {
    let mut patched = 0;
    for text in files() {
        let requests = requests(&text);
        patched += requests.iter().map(|request| try_one(request, &text)).sum::<usize>();
        for (index, variant) in variants(&text).iter().enumerate() {
            let some = requests.iter().skip(index).step_by(9);
            patched += some.map(|request| try_one(request, variant)).sum::<usize>();
        }
    }
    assert!(patched > 1_000, "only {patched} patches were made: the evidence finds too little");
}

#[test]
fn a_file_cut_anywhere_is_answered() {
    for text in files() {
        let requests = requests(&text);
        for cut in (0..text.len()).step_by(61).filter(|cut| text.is_char_boundary(*cut)) {
            for request in requests.iter().step_by(37) {
                try_one(request, &text[..cut]);
            }
        }
    }
}

#[test]
fn no_depth_of_nesting_exhausts_the_stack() {
    let n = 50_000;
    let deep = [
        format!("x = {}1{}\n", "(".repeat(n), ")".repeat(n)),
        format!("x = {}\n", "[".repeat(n)),
        format!("x = a{}\n", ".b()".repeat(n)),
        format!("x = a{}\n", " + a".repeat(n)),
        format!("x = {}a\n", "not ".repeat(n)),
        format!("x = {}a\n", "-".repeat(n)),
        format!("x = {}1\n", "lambda: ".repeat(n)),
        format!("x = {}\n", "a if b else ".repeat(n)),
        format!("x = {}a\n", "a ** ".repeat(n)),
        format!("{}1\n", "x = ".repeat(n)),
        format!("x = {}{}\n", "f'{".repeat(n), "}'".repeat(n)),
        (0..2_000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect(),
        format!("{}\n", "if x: pass\nel".repeat(20_000)),
        format!("match x:\n  case {}1{}: pass\n", "[".repeat(n), "]".repeat(n)),
    ];
    for text in deep {
        for request in requests("spark\n") {
            assert!(!matches!(apply(&request, &text), Outcome::Patched(_)));
        }
    }
}

#[test]
fn a_frame_joined_with_itself_again_and_again_is_answered() {
    let mut text = String::from("d = spark.read.parquet('/lake/d')\n");
    for _ in 0..200 {
        text.push_str("d = d.join(d, 'k').union(d)\n");
    }
    for request in requests(&text).iter().step_by(97) {
        try_one(request, &text);
    }
}

/// 1 when there was a patch.
fn try_one(request: &Request, text: &str) -> usize {
    match apply(request, text) {
        Outcome::Patched(patch) => {
            assert_ne!(patch.text, text, "{request:?}");
            1
        }
        Outcome::Already(_) => 0,
        Outcome::Refused(reason) => {
            assert!(!reason.contains("did not pass the gate"), "{reason}\n{request:?}\n{text}");
            0
        }
    }
}

fn files() -> Vec<String> {
    let mut files = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut files);
    assert!(files.len() > 50, "the fixtures were found");
    files.into_iter().collect()
}

fn collect(folder: &Path, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder of fixtures is readable") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.insert(fs::read_to_string(&path).expect("a fixture is UTF-8"));
        }
    }
}

/// The same program in the other layouts people use.
fn variants(text: &str) -> Vec<String> {
    let lf = text.replace("\r\n", "\n");
    vec![
        lf.replace('\n', "\r\n"),
        lf.replace("    ", "\t"),
        lf.trim_end().to_owned(),
        format!("# é ü 漢字\n{lf}"),
        format!("def wrapped():\n{}", lf.lines().map(|l| format!("    {l}\n")).collect::<String>()),
    ]
}

fn requests(text: &str) -> Vec<Request> {
    let mut requests = Vec::new();
    for word in words(text) {
        requests.push(rename(Some(&word), None));
        requests.push(Request::BroadcastJoin(BroadcastJoin {
            seen: Seen::default(),
            side: word.clone(),
            size: Some(SideSize::Metrics(1 << 20)),
        }));
        requests.push(Request::JoinOnName(JoinOnName { seen: Seen::default(), column: word }));
    }
    let lines = u32::try_from(text.lines().count()).expect("fixtures are short");
    for line in 0..=lines + 1 {
        let seen = Seen { line: Some(line), ..Seen::default() };
        requests.extend([
            rename(None, Some(line)),
            Request::TryCast(TryCast { seen: seen.clone(), spark: SparkLine::V4_1 }),
            Request::NullGuard(NullGuard { seen: seen.clone(), function: None }),
            Request::ToLocalIterator(ToLocalIterator { seen: seen.clone() }),
            Request::UnionByName(UnionByName {
                seen: seen.clone(),
                left: vec!["a".to_owned(), "b".to_owned()],
                right: vec!["a".to_owned()],
            }),
            Request::SessionSetting(SessionSetting {
                seen,
                key: "spark.sql.shuffle.partitions".to_owned(),
                value: "731".to_owned(),
                spark: SparkLine::V3_5,
            }),
        ]);
    }
    requests
}

fn rename(input: Option<&str>, line: Option<u32>) -> Request {
    Request::RenameColumn(RenameColumn {
        seen: Seen { line, ..Seen::default() },
        missing: "zz_was".to_owned(),
        present: "zz_is".to_owned(),
        input: input.map(str::to_owned),
        relation: Some(PlanPosition { index: 1, of: 2 }),
    })
}

fn words(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | ':' | '.');
    let words = text.split(|c: char| !is_part(c)).filter(|word| word.len() > 1);
    words.map(str::to_owned).take(30).collect()
}
