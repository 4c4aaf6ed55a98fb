//! The search for many literals against a search that is too simple to be wrong, and its work counted.

use adp_scanner::{BuildError, Literals, Occurrence};
use aho_corasick::AhoCorasick;
use proptest::prelude::*;

fn naive(literals: &[Vec<u8>], haystack: &[u8]) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for (literal, bytes) in literals.iter().enumerate() {
        let starts = (0..haystack.len()).filter(|&start| haystack[start..].starts_with(bytes));
        found.extend(starts.map(|start| Occurrence { start, literal }));
    }
    found.sort_unstable();
    found
}

fn automaton(literals: &[Vec<u8>], haystack: &[u8]) -> Vec<Occurrence> {
    let automaton = AhoCorasick::new(literals).expect("an automaton");
    let mut found: Vec<Occurrence> = automaton
        .find_overlapping_iter(haystack)
        .map(|hit| Occurrence { start: hit.start(), literal: hit.pattern().as_usize() })
        .collect();
    found.sort_unstable();
    found
}

fn ours(literals: &[Vec<u8>], haystack: &[u8]) -> Vec<Occurrence> {
    let mut found = Vec::new();
    Literals::new(literals).expect("a searcher").find(haystack, |hit| found.push(hit));
    found.sort_unstable();
    found
}

fn bytes(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// Pieces of which literals and haystacks are made, so that they have much in common.
fn a_text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let pieces =
        ["a", "b", "ab", "aaaa", "Exception", "é", "\n", "52", "java.lang.", "\u{0}", "Error: "];
    let piece = prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..12),
    ];
    prop::collection::vec(piece, 1..most).prop_map(|pieces| pieces.concat())
}

/// Literals, some of which are parts of others.
fn some_literals() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let parts = |(whole, cut): (Vec<u8>, prop::sample::Index)| {
        let at = cut.index(whole.len());
        let (head, tail) = whole.split_at(at);
        [whole.clone(), head.to_vec(), tail.to_vec()]
    };
    prop::collection::vec((a_text(6), any::<prop::sample::Index>()), 1..24).prop_map(move |texts| {
        texts.into_iter().flat_map(parts).filter(|literal| !literal.is_empty()).collect()
    })
}

proptest! {
    #[test]
    fn finds_what_the_naive_search_and_the_automaton_find(
        literals in some_literals(),
        text in a_text(80),
        planted in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12),
    ) {
        let mut haystack = text;
        for (which, place) in planted {
            let at = place.index(haystack.len() + 1);
            haystack.splice(at..at, literals[which.index(literals.len())].clone());
        }
        let expected = naive(&literals, &haystack);
        prop_assert_eq!(&automaton(&literals, &haystack), &expected);
        prop_assert_eq!(ours(&literals, &haystack), expected);
    }

    #[test]
    fn where_blocks_meet_nothing_is_lost_or_found_twice(
        literals in some_literals(),
        text in a_text(30),
        filler in prop::sample::select(vec!["x", "INFO Executor: ", "Exceptio", "5", "ab"]),
        n_filler in 4_000_usize..18_000,
    ) {
        let haystack = [text.clone(), filler.repeat(n_filler).into_bytes(), text].concat();
        prop_assert_eq!(ours(&literals, &haystack), automaton(&literals, &haystack));
    }
}

/// Literals as people write them: names of conditions, with every length from one byte up.
fn a_thousand() -> Vec<Vec<u8>> {
    (0..1_000_usize)
        .map(|n| {
            let name = format!("[CONDITION_{}_{}.SUB]", n * 7_919 % 1_000, "X".repeat(n % 9));
            name.as_bytes()[n % 12..].to_vec()
        })
        .chain((b'a'..=b'z').map(|letter| vec![letter]))
        .collect()
}

#[test]
fn a_thousand_literals_of_every_length_are_found() {
    let literals = a_thousand();
    let haystack = literals.iter().rev().flatten().copied().collect::<Vec<u8>>().repeat(3);
    assert_eq!(ours(&literals, &haystack), automaton(&literals, &haystack));
}

#[test]
fn a_literal_that_is_given_twice_is_found_twice() {
    let found = ours(&bytes(&["Exception", "Exception", "Ex", "Ex"]), b"an Exception");
    let numbers: Vec<usize> = found.iter().map(|hit| hit.literal).collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
}

#[test]
fn an_empty_literal_is_refused_and_none_at_all_finds_nothing() {
    assert!(matches!(Literals::new(["a", ""]), Err(BuildError::Empty { number: 1 })));
    assert_eq!(ours(&[], b"anything"), []);
    assert_eq!(ours(&bytes(&["a"]), b""), []);
}

#[test]
fn the_work_grows_with_the_haystack_and_no_faster() {
    let same_end: Vec<String> = (0..400).map(|n| format!("{n:03}{}", "a".repeat(40))).collect();
    let nested: Vec<String> = (1..200).map(|n| "a".repeat(n)).collect();
    let near: Vec<String> = (0..300).map(|n| format!("{}{n:03}", "ab".repeat(20))).collect();
    let cases = [
        ("the same end", same_end, "a"),
        ("the same middle", near, "ab"),
        ("one within the other", nested, "aaaaaaa "),
        ("as many hits as bytes", vec!["a".into(), "aa".into()], "a"),
    ];
    for (name, literals, unit) in cases {
        let searcher = Literals::new(&literals).expect("a searcher");
        let work = |n_bytes: usize| {
            let haystack = unit.repeat(n_bytes / unit.len());
            let work = searcher.find(haystack.as_bytes(), |_| {});
            work.comparisons + work.automaton_bytes
        };
        let (once, tenfold) = (work(100_000), work(1_000_000));
        assert!(tenfold <= 11 * once.max(100_000), "{name}: {once} steps, then {tenfold}");
        // Whatever the literals: half a comparison a byte before the automaton takes over, and the
        // automaton reads the block and a literal's length around it.
        assert!(tenfold <= 2_000_000, "{name}: {tenfold} steps for a million bytes");
    }
}

#[test]
fn a_guard_tells_which_part_is_looked_for_and_what_it_costs() {
    let words: Vec<String> =
        ["Exception in thread", "Starting task in stage", "[UNRESOLVED_COLUMN", "52"]
            .map(str::to_owned)
            .into_iter()
            .chain((0..30).map(|n| format!("[CONDITION_NUMBER_{n}]")))
            .collect();
    let searcher = Literals::new(&words).expect("a searcher");
    let guard = |literal: usize| searcher.guard_of(literal).expect("a guard");
    let fragment = |literal: usize| &words[literal][guard(literal).fragment];
    assert_eq!(fragment(0).len(), guard(0).stride + 3);
    assert!(guard(1).stops_per_million > guard(2).stops_per_million);
    assert_eq!((fragment(3), guard(3).stride), ("52", 1));
    assert_eq!(searcher.guard_of(words.len()), None);
}
