//! A set of signatures, checked when loaded, and the automaton that finds which are worth trying.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regex::Regex;

use crate::envelope;
use crate::literals::Guard;
use crate::mark::{Marker, Marks};
use crate::signature::{Kind, Signature};

/// Signatures that passed their own examples, ready to match.
pub struct Pack {
    signatures: Vec<Signature>,
    /// Finds the keywords of all signatures, and the lines of a log that need not be read.
    marker: Marker,
    /// The keywords and their numbers.
    keywords: BTreeMap<String, usize>,
    /// For each keyword, the signatures it guards.
    guarded: Vec<Vec<usize>>,
    /// Compiled when first needed: most logs need few of them, and each takes some memory.
    regexes: Vec<OnceLock<Option<Regex>>>,
    /// For each signature, the ones that silence it.
    silencers: Vec<Vec<usize>>,
}

/// Why a pack was not loaded: the file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file is not TOML, or not the shape of a signature.
    #[error("failed to read signature {file}")]
    Unreadable {
        /// Name of the file as given.
        file: String,
        /// What the TOML reader said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The pattern does not compile.
    #[error("failed to compile the regex of signature {file}")]
    BadRegex {
        /// Name of the file as given.
        file: String,
        /// What the regex compiler said.
        #[source]
        source: Box<regex::Error>,
    },
    /// The signature contradicts itself or another.
    #[error("signature {file} is inconsistent: {reason}")]
    Inconsistent {
        /// Name of the file as given.
        file: String,
        /// What contradicts what.
        reason: String,
    },
    /// A line that must match does not, or a near miss does.
    #[error("signature {file} fails its own example: {reason}")]
    FailedExample {
        /// Name of the file as given.
        file: String,
        /// Which line, and what was expected.
        reason: String,
    },
    /// The search for all keywords at once could not be built.
    #[error("failed to build the search for {n_keywords} keywords")]
    TooLarge {
        /// How many keywords the pack has.
        n_keywords: usize,
        /// What its builder said.
        #[source]
        source: Box<crate::literals::BuildError>,
    },
}

/// One signature found in one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Match {
    /// Index into the pack.
    pub signature: usize,
    /// Byte offset of the match in the line's text.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    pub captures: BTreeMap<String, String>,
}

impl Pack {
    /// Loads signatures from `(name, text)` pairs and checks every one against its examples.
    pub fn from_toml_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Pack, PackError> {
        let read = |(file, text): (&str, &str)| Ok((file.to_owned(), Signature::read(file, text)?));
        Pack::of(files.into_iter().map(read).collect::<Result<_, PackError>>()?)
    }

    /// The same of signatures that have been read, each with the name of its file.
    pub fn of(named: Vec<(String, Signature)>) -> Result<Pack, PackError> {
        let (names, signatures): (Vec<String>, Vec<Signature>) = named.into_iter().unzip();
        let pack = Pack::build(&names, signatures)?;
        for (name, signature) in names.iter().zip(&pack.signatures) {
            check_examples(name, signature)?;
        }
        Ok(pack)
    }

    /// All signatures, in the order they were given.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The signature with this id.
    pub fn get(&self, id: &str) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.id == id)
    }

    /// The signatures that are tried on this text, because it holds one of their keywords; as
    /// indexes into [`Pack::signatures`].
    pub fn tried_on(&self, text: &str) -> BTreeSet<usize> {
        let mut tried = BTreeSet::new();
        self.marker.find_keywords(text, |keyword| tried.extend(&self.guarded[keyword]));
        tried
    }

    /// Whether a signature that is tried on this text matches it, whatever others say.
    pub fn is_confirmed(&self, index: usize, text: &str) -> bool {
        self.confirm(index, text).is_some()
    }

    /// Tells which lines of a block have to be read: a pure function, for any thread. Whether the
    /// block begins within a line, one has to know from the block before; where it ends makes no
    /// difference.
    pub fn mark(&self, block: &[u8], begins_within_line: bool) -> Marks {
        self.marker.mark(block, begins_within_line, |text, keywords| {
            let mut signatures = keywords.iter().flat_map(|&keyword| &self.guarded[keyword]);
            signatures.any(|&index| match self.regex(index) {
                Some(regex) => regex.is_match(text),
                None => true,
            })
        })
    }

    /// What guards each keyword of this signature: which part of it is looked for, and how often
    /// that stops the search in a log in which nothing goes wrong.
    pub fn guards(&self, signature: &Signature) -> Vec<(&str, Guard)> {
        let literals = self.marker.literals();
        let words = signature.keywords.iter();
        words
            .filter_map(|word| {
                let (word, number) = self.keywords.get_key_value(word)?;
                Some((word.as_str(), literals.guard_of(*number)?))
            })
            .collect()
    }

    fn build(names: &[String], signatures: Vec<Signature>) -> Result<Pack, PackError> {
        let mut words: Vec<&str> = Vec::new();
        let mut guarded: Vec<Vec<usize>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut silencers = Vec::new();
        for (index, (name, signature)) in names.iter().zip(&signatures).enumerate() {
            check_shape(name, signature, &signatures[..index])?;
            silencers.push(silencers_of(name, signature, &signatures)?);
            for keyword in &signature.keywords {
                let place = *places.entry(keyword).or_insert_with(|| {
                    words.push(keyword);
                    guarded.push(Vec::new());
                    words.len() - 1
                });
                guarded[place].push(index);
            }
        }
        let marker = Marker::new(&words).map_err(|source| PackError::TooLarge {
            n_keywords: words.len(),
            source: Box::new(source),
        })?;
        let keywords = places.into_iter().map(|(word, place)| (word.to_owned(), place)).collect();
        let regexes = signatures.iter().map(|_| OnceLock::new()).collect();
        Ok(Pack { marker, keywords, guarded, regexes, silencers, signatures })
    }

    fn regex(&self, index: usize) -> Option<&Regex> {
        let compile = || compile(&self.signatures[index]).expect("it compiled when it was checked");
        self.regexes[index].get_or_init(compile).as_ref()
    }

    /// Every signature that speaks for this text, in pack order.
    pub(crate) fn find(&self, text: &str) -> Vec<Match> {
        let tried = self.tried_on(text).into_iter();
        let found = tried.filter_map(|index| self.confirm(index, text)).collect();
        self.without_silenced(found)
    }

    fn confirm(&self, index: usize, text: &str) -> Option<Match> {
        let Some(regex) = self.regex(index) else {
            let at = first_keyword(&self.signatures[index], text)?;
            return Some(Match { signature: index, at, end: at, captures: BTreeMap::new() });
        };
        let groups = regex.captures(text)?;
        let (at, end) = groups.get(0).map_or((0, 0), |whole| (whole.start(), whole.end()));
        let named = regex.capture_names().flatten();
        let captures = named
            .filter_map(|name| Some((name.to_owned(), groups.name(name)?.as_str().to_owned())))
            .collect();
        Some(Match { signature: index, at, end, captures })
    }

    fn without_silenced(&self, found: Vec<Match>) -> Vec<Match> {
        if found.len() < 2 {
            return found;
        }
        let present: BTreeSet<usize> = found.iter().map(|found| found.signature).collect();
        // What a wrapper carries comes behind it, and has not spoken yet.
        let outspoken = |by: &Match, at: usize| {
            let signature = &self.signatures[by.signature];
            !signature.fallback
                && match signature.kind {
                    Kind::Cause => true,
                    Kind::Wrapper => by.end.max(by.at + 1) > at,
                    _ => false,
                }
        };
        let speaks = |one: &Match| {
            let silencers = &self.silencers[one.signature];
            let is_fallback = self.signatures[one.signature].fallback;
            !(silencers.iter().any(|by| present.contains(by))
                || is_fallback && found.iter().any(|by| outspoken(by, one.at)))
        };
        let speaking: Vec<bool> = found.iter().map(speaks).collect();
        found.into_iter().zip(speaking).filter_map(|(one, speaks)| speaks.then_some(one)).collect()
    }
}

impl Signature {
    /// Reads one signature's file; `file` is its name in errors.
    pub fn read(file: &str, text: &str) -> Result<Signature, PackError> {
        toml::from_str(text).map_err(|source| PackError::Unreadable {
            file: file.to_owned(),
            source: Box::new(source),
        })
    }
}

fn check_shape(file: &str, signature: &Signature, earlier: &[Signature]) -> Result<(), PackError> {
    let reason = if earlier.iter().any(|other| other.id == signature.id) {
        format!("the id {} is taken", signature.id)
    } else if signature.keywords.is_empty() || signature.keywords.iter().any(String::is_empty) {
        "it needs keywords, none of them empty".to_owned()
    } else if signature.kind == Kind::Cause && signature.class.is_none() {
        "a cause needs a class".to_owned()
    } else if signature.must_match.is_empty() {
        "it needs a line that must match".to_owned()
    } else {
        return Ok(());
    };
    Err(PackError::Inconsistent { file: file.to_owned(), reason })
}

fn compile(signature: &Signature) -> Result<Option<Regex>, regex::Error> {
    signature.regex.as_deref().map(Regex::new).transpose()
}

/// Checks the signature, taken alone, against its own examples. What that takes is given back.
fn check_examples(file: &str, signature: &Signature) -> Result<(), PackError> {
    let regex = compile(signature).map_err(|source| PackError::BadRegex {
        file: file.to_owned(),
        source: Box::new(source),
    })?;
    check_captures(file, signature, regex.as_ref())?;
    let examples = (signature.must_match.iter().map(|line| (line, true)))
        .chain(signature.must_not_match.iter().map(|line| (line, false)));
    for (line, expected) in examples {
        if line_matches(signature, regex.as_ref(), line) != expected {
            let verdict = if expected { "must match" } else { "must not match" };
            let reason = format!("{line:?} {verdict}");
            return Err(PackError::FailedExample { file: file.to_owned(), reason });
        }
    }
    Ok(())
}

/// Whether the signature matches anything that this physical line says.
fn line_matches(signature: &Signature, regex: Option<&Regex>, raw: &str) -> bool {
    let mut found = false;
    envelope::open(1, raw.as_bytes(), &mut |line| {
        found |= first_keyword(signature, line.text).is_some()
            && regex.is_none_or(|regex| regex.is_match(line.text));
    });
    found
}

fn first_keyword(signature: &Signature, text: &str) -> Option<usize> {
    signature.keywords.iter().filter_map(|word| text.find(word.as_str())).min()
}

fn check_captures(
    file: &str,
    signature: &Signature,
    regex: Option<&Regex>,
) -> Result<(), PackError> {
    let named: BTreeSet<&str> =
        regex.into_iter().flat_map(|regex| regex.capture_names().flatten()).collect();
    let documented: BTreeSet<&str> = signature.captures.keys().map(String::as_str).collect();
    if named == documented {
        return Ok(());
    }
    let reason = format!("the regex captures {named:?}, [captures] documents {documented:?}");
    Err(PackError::Inconsistent { file: file.to_owned(), reason })
}

fn silencers_of(
    file: &str,
    signature: &Signature,
    all: &[Signature],
) -> Result<Vec<usize>, PackError> {
    let place = |id: &String| {
        all.iter().position(|other| other.id == *id).ok_or_else(|| PackError::Inconsistent {
            file: file.to_owned(),
            reason: format!("suppressed_by names {id}, which is not in the pack"),
        })
    };
    signature.suppressed_by.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        let error = Pack::from_toml_files([("a.toml", text)]).err().expect("must be refused");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error} {source}")
    }

    const HEAD: &str = "id = 'a'\nsummary = 's'\nseverity = 'error'\n";

    #[test]
    fn refusals_name_the_file_and_the_reason() {
        let cases = [
            (
                "kind = 'cause'\nclass = 'c'\nkeywords = ['k']\nmust_match = ['no']",
                "\"no\" must match",
            ),
            (
                "kind = 'cause'\nclass = 'c'\nkeywords = ['k']\nmust_match = ['k']\nmust_not_match = ['ok']",
                "\"ok\" must not match",
            ),
            ("kind = 'cause'\nkeywords = ['k']\nmust_match = ['k']", "a cause needs a class"),
            ("kind = 'noise'\nkeywords = []\nmust_match = ['k']", "needs keywords"),
            ("kind = 'noise'\nkeywords = ['k']\nmust_match = []", "a line that must match"),
            (
                "kind = 'noise'\nkeywords = ['k']\nregex = '('\nmust_match = ['k']",
                "failed to compile",
            ),
            (
                "kind = 'noise'\nkeywords = ['k']\nregex = '(?P<x>k)'\nmust_match = ['k']",
                "captures {\"x\"}",
            ),
            (
                "kind = 'noise'\nkeywords = ['k']\nmust_match = ['k']\nsuppressed_by = ['b']",
                "names b",
            ),
            ("kind = 'noise'\nkeywords = ['k']\nmust_match = ['k']\ncolour = 1", "unknown field"),
            ("kind = 'loud'", "unknown variant"),
        ];
        for (rest, expected) in cases {
            let error = error_of(&format!("{HEAD}{rest}"));
            assert!(error.contains("a.toml") && error.contains(expected), "{rest}: {error}");
        }
    }

    #[test]
    fn examples_are_read_like_a_log() {
        let text = format!(
            "{HEAD}kind = 'noise'\nkeywords = ['KeyError']\nregex = '^KeyError: '\nmust_match = ['[2026-11-23T19:02:13.535+0000] {{subprocess.py:106}} INFO - KeyError: 1']"
        );
        assert!(Pack::from_toml_files([("a.toml", text.as_str())]).is_ok());
    }
}
