//! The checks. Each takes the rules as they are together, because that is how they run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use adp_scanner::{Kind, Pack, Signature, scan, texts};
use flate2::read::GzDecoder;

use super::{Finding, Level};
use crate::cli::rules::show::{Guarded, guards};
use crate::signatures::Rules;

/// Lines below warning level of runs that worked.
const BACKGROUND: &[u8] = include_bytes!("background.log.gz");
/// A keyword whose guard stops the search more often in a million bytes of a healthy log slows
/// down the search for all.
const MOST_STOPS: u32 = 1_000;
/// A rule that is tried in vain on a larger part of its lines costs more than it is worth.
const MOST_IN_VAIN: f64 = 0.02;

/// Everything that is wrong with the rules in force, the worst first, then by rule.
pub fn lint(rules: &Rules) -> Vec<Finding> {
    let pack = &rules.pack;
    let background = Background::of(pack, &background());
    let mut findings = Vec::new();
    findings.extend(shadowed(pack));
    findings.extend(overlapping(pack));
    for (index, signature) in pack.signatures().iter().enumerate() {
        let mut found = |level, check, text| {
            findings.push(Finding { level, check, id: signature.id.clone(), text });
        };
        stops(pack, signature, &mut |text| found(Level::Warning, "slow", text));
        keywords(signature, &mut |text| found(Level::Note, "keyword", text));
        in_vain(pack, index, &background, &mut |text| found(Level::Warning, "slow", text));
        if let Some(text) = signature.regex.as_deref().and_then(costly) {
            found(Level::Warning, "slow", text);
        }
        if signature.must_not_match.is_empty() {
            found(Level::Warning, "near-miss", "no line that it must not match".to_owned());
        }
        for name in unfilled(pack, signature) {
            found(Level::Warning, "capture", format!("no example fills {name}"));
        }
    }
    findings.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.id.cmp(&b.id)));
    findings
}

/// What every rule is silent on, although it is its own example.
fn shadowed(pack: &Pack) -> Vec<Finding> {
    let mut findings = Vec::new();
    for signature in pack.signatures() {
        for line in &signature.must_match {
            let speaking = speaking(pack, line);
            if !speaking.contains(&signature.id) {
                let others = speaking.into_iter().collect::<Vec<_>>().join(", ");
                findings.push(Finding {
                    level: Level::Error,
                    check: "shadowed",
                    id: signature.id.clone(),
                    text: format!("silent on {line:?}, where {others} speak"),
                });
            }
        }
    }
    findings
}

/// Ids of the rules that match the line.
fn speaking(pack: &Pack, line: &str) -> BTreeSet<String> {
    scan(pack, line.as_bytes()).tallies.into_keys().collect()
}

/// Causes of different classes that match one line; whoever reads it must choose.
fn overlapping(pack: &Pack) -> Vec<Finding> {
    let is_rival = |one: &Signature, other: &Signature| {
        one.class != other.class && other.kind == Kind::Cause && !other.fallback
    };
    let mut met: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let causes = || {
        let of_kind = |rule: &&Signature| rule.kind == Kind::Cause && !rule.fallback;
        pack.signatures().iter().filter(of_kind)
    };
    for one in causes() {
        for line in &one.must_match {
            let speaking = speaking(pack, line);
            // Where it is silent itself, nobody has to choose.
            for id in speaking.iter().filter(|_| speaking.contains(&one.id)) {
                let other = pack.get(id).expect("tallies are of this pack");
                if is_rival(one, other) {
                    met.entry((&one.id, &other.id)).or_insert(line);
                }
            }
        }
    }
    let mut findings = Vec::new();
    for (&(one, other), line) in &met {
        let is_mutual = met.contains_key(&(other, one));
        // A pair is told once.
        if is_mutual && one > other {
            continue;
        }
        let level = if is_mutual { Level::Warning } else { Level::Note };
        let also =
            if is_mutual { "each matches the other's examples" } else { "it matches as well" };
        findings.push(Finding {
            level,
            check: "overlapping",
            id: one.to_owned(),
            text: format!("with {other} on {line:?}: {also}"),
        });
    }
    findings
}

/// Keywords that are looked for by something common.
fn stops(pack: &Pack, signature: &Signature, found: &mut impl FnMut(String)) {
    for Guarded { keyword, fragment, stops_per_million, .. } in guards(signature, pack) {
        if stops_per_million > MOST_STOPS {
            found(format!(
                "the keyword {keyword:?} is guarded by {fragment:?}, which stops the search \
                 {stops_per_million} times in a million bytes of a healthy log"
            ));
        }
    }
}

fn keywords(signature: &Signature, found: &mut impl FnMut(String)) {
    let mut seen = BTreeSet::new();
    for keyword in &signature.keywords {
        if !seen.insert(keyword) {
            found(format!("the keyword {keyword:?} is there twice"));
        }
        let shorter = signature
            .keywords
            .iter()
            .find(|other| *other != keyword && keyword.contains(other.as_str()));
        if let Some(shorter) = shorter {
            found(format!("the keyword {keyword:?} adds nothing to {shorter:?}"));
        }
    }
}

/// What lines of healthy runs that hold a keyword of the rule cost in vain.
fn in_vain(pack: &Pack, index: usize, background: &Background, found: &mut impl FnMut(String)) {
    let tried = background.tried.get(&index).into_iter().flatten();
    let in_vain: Vec<&String> = tried.filter(|line| !pack.is_confirmed(index, line)).collect();
    let hits = |keyword: &String| in_vain.iter().filter(|line| line.contains(keyword)).count();
    let keywords = &pack.signatures()[index].keywords;
    let share = in_vain.len() as f64 / background.n_lines as f64;
    if share > MOST_IN_VAIN {
        let percent = share * 100.0;
        let worst = keywords.iter().max_by_key(|keyword| hits(keyword)).map_or("", |word| word);
        found(format!("tried in vain on {percent:.1}% of healthy lines, mostly for {worst:?}"));
    }
}

/// A regex that begins with anything is tried again from every place of a line.
fn costly(regex: &str) -> Option<String> {
    let core = regex.trim_start_matches("(?:").trim_start_matches("(?i)").trim_start_matches('(');
    let greedy = [".*", ".+", "[^", r"\S+", r"\S*", r"\w+.*"]
        .into_iter()
        .find(|start| core.starts_with(start))?;
    // A class that is not repeated without end is one character.
    if greedy == "[^" && !core.split_once(']').is_some_and(|(_, rest)| rest.starts_with(['*', '+']))
    {
        return None;
    }
    Some(format!("the regex begins with {greedy}…: anchor it, or begin with what it looks for"))
}

/// Captures that stay empty in every example.
fn unfilled(pack: &Pack, signature: &Signature) -> Vec<String> {
    let mut empty: BTreeSet<&String> = signature.captures.keys().collect();
    for line in &signature.must_match {
        for hit in scan(pack, line.as_bytes()).hits {
            if hit.signature == signature.id {
                empty.retain(|name| !hit.captures.contains_key(*name));
            }
        }
    }
    empty.into_iter().cloned().collect()
}

/// Healthy runs' lines, by the rules that are tried on them.
struct Background {
    n_lines: usize,
    tried: BTreeMap<usize, Vec<String>>,
}

fn background() -> Vec<u8> {
    let mut text = Vec::new();
    let read = GzDecoder::new(BACKGROUND).read_to_end(&mut text);
    read.expect("it was packed when the program was built");
    text
}

impl Background {
    fn of(pack: &Pack, log: &[u8]) -> Background {
        let mut background = Background { n_lines: 0, tried: BTreeMap::new() };
        texts(log, |line| {
            background.n_lines += 1;
            for index in pack.tried_on(line) {
                background.tried.entry(index).or_default().push(line.to_owned());
            }
        });
        background
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config;

    /// Findings about the one rule of a pack, as `level check`.
    fn about(rule: &str) -> Vec<(Level, &'static str)> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.toml"), rule).expect("written");
        let packs = vec![folder.path().to_owned()];
        let rules = Rules::load(&config::Rules { packs, disable: Vec::new() }).expect("it loads");
        let findings = lint(&rules).into_iter().filter(|finding| finding.id == "mine.a");
        findings.map(|finding| (finding.level, finding.check)).collect()
    }

    const GOOD: &str = "id = 'mine.a'\nsummary = 's'\nkind = 'cause'\nclass = 'infra.disk_full'\n\
        severity = 'error'\nkeywords = ['LAKE-507']\nregex = 'LAKE-507 zone (?P<zone>\\w+)'\n\
        must_match = ['LAKE-507 zone a']\nmust_not_match = ['LAKE-507 all well']\n";
    const CAPTURES: &str = "[captures]\nzone = 'which'\n";

    #[test]
    fn the_built_in_rules_are_clean() {
        let findings = lint(&Rules::built_in().expect("right"));
        let bad: Vec<&Finding> =
            findings.iter().filter(|finding| finding.level > Level::Note).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }

    #[test]
    fn each_check_finds_what_it_is_for() {
        use Level::{Error, Note, Warning};
        let changed = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            about(&(GOOD.replace(from, to) + CAPTURES))
        };
        assert_eq!(about(&(GOOD.to_owned() + CAPTURES)), []);
        assert_eq!(changed("'LAKE-507']", "'LAKE-507', 'LAKE-507 z']"), [(Note, "keyword")]);
        assert_eq!(changed("'LAKE-507']", "'LAKE-507', '26']")[0], (Warning, "slow"));
        assert_eq!(changed("'LAKE-507']", "'LAKE-507', ' in ']")[0], (Warning, "slow"));
        assert_eq!(changed("regex = '", "regex = '.*"), [(Warning, "slow")]);
        assert_eq!(changed("must_not_match = ['LAKE-507 all well']", ""), [(Warning, "near-miss")]);
        assert_eq!(changed("(?P<zone>\\w+)'", "(?:(?P<zone>[0-9]+)|a)'"), [(Warning, "capture")]);
        let heap = "must_match = ['LAKE-507 zone a: java.lang.OutOfMemoryError: Java heap space', ";
        let silenced = changed("id = ", "suppressed_by = ['memory.java_heap']\nid = ");
        assert_eq!(silenced, [], "by what does not speak there");
        assert_eq!(changed("must_match = [", heap), [(Note, "overlapping")]);
        let shadowed = GOOD.replace("must_match = [", heap)
            + "suppressed_by = ['memory.java_heap']\n"
            + CAPTURES;
        assert_eq!(about(&shadowed), [(Error, "shadowed")]);
    }
}
