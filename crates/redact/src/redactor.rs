//! Looks for all keywords of a line at once, and runs the rules that they call for.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

use crate::redacted::Redacted;
use crate::rule::Compiled;
use crate::span::{Span, merged};
use crate::stream::Open;
use crate::{named, nearby, opaque, placeholder, private_key, rules};

/// What an installation adds to the built-in rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether addresses of people go too.
    pub emails: bool,
    /// Patterns of further secrets; the group `secret`, or else the whole match, is taken out.
    pub extra: Vec<String>,
    /// Patterns of what is no secret whatever the rules say; each must match the whole of it.
    pub keep: Vec<String>,
}

/// A pattern of [`Options`] that is none.
#[derive(Debug, thiserror::Error)]
#[error("failed to compile the pattern {pattern:?}")]
pub struct BadPattern {
    /// As it was given.
    pub pattern: String,
    source: regex::Error,
}

/// All rules, compiled.
#[derive(Debug, Clone)]
pub struct Redactor {
    keywords: AhoCorasick,
    /// For each keyword what it calls for.
    calls: Vec<Calls>,
    /// Those with keywords, in the order of their bits in [`Calls`].
    rules: Vec<Compiled>,
    extra: Vec<Compiled>,
    keep: Vec<Regex>,
}

/// What the presence of a keyword calls for.
#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    /// Bit by place in the list of rules.
    rules: u64,
    /// The reader of names and values.
    name: bool,
    /// The search for random words.
    nearby: bool,
}

impl Redactor {
    /// The built-in rules and nothing else.
    pub fn built_in() -> &'static Redactor {
        static BUILT_IN: LazyLock<Redactor> =
            LazyLock::new(|| Redactor::from_rules(rules::all(false)));
        &BUILT_IN
    }

    /// The built-in rules with what an installation adds.
    pub fn new(options: &Options) -> Result<Redactor, BadPattern> {
        let compiled = |pattern: &String, text: &str| {
            Regex::new(text).map_err(|source| BadPattern { pattern: pattern.clone(), source })
        };
        let mut redactor = Redactor::from_rules(rules::all(options.emails));
        for pattern in &options.extra {
            redactor.extra.push(Compiled::custom(compiled(pattern, pattern)?));
        }
        for pattern in &options.keep {
            redactor.keep.push(compiled(pattern, &format!("^(?:{pattern})$"))?);
        }
        Ok(redactor)
    }

    fn from_rules(list: Vec<&rules::Rule>) -> Redactor {
        let mut words: Vec<&str> = Vec::new();
        let mut calls: Vec<Calls> = Vec::new();
        let mut calls_of = |word: &'static str, set: &dyn Fn(&mut Calls)| {
            let at = words.iter().position(|known| *known == word).unwrap_or_else(|| {
                words.push(word);
                calls.push(Calls::default());
                words.len() - 1
            });
            set(&mut calls[at]);
        };
        for (place, rule) in list.iter().enumerate() {
            for word in rule.keywords {
                calls_of(word, &|calls| calls.rules |= 1 << place);
            }
        }
        named::KEYWORDS.iter().for_each(|word| calls_of(word, &|calls| calls.name = true));
        nearby::KEYWORDS.iter().for_each(|word| calls_of(word, &|calls| calls.nearby = true));
        // What opens a private key calls for a look at the line, and nothing more.
        calls_of(private_key::BEGIN, &|_| ());
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("the keywords are a short constant list");
        let rules = list.into_iter().map(Compiled::built_in).collect();
        Redactor { keywords, calls, rules, extra: Vec::new(), keep: Vec::new() }
    }

    /// Takes the secrets out of a text.
    pub fn redact(&self, text: &str) -> Redacted {
        let mut stream = self.stream();
        stream.secrets = Some(Vec::new());
        let mut clean = stream.feed(text.as_bytes());
        let (last, secrets) = stream.end();
        clean.push_str(&last);
        Redacted { text: clean, secrets }
    }

    /// Takes the secrets of a whole text, and its own, out of a piece of it.
    pub fn piece(&self, whole: &Redacted, piece: &str) -> String {
        self.redact(&whole.without_known(piece)).text
    }

    /// One line or part of one, until nothing more is found: what one look takes out may lay open
    /// what another sees, and a second redaction must not find more than the first.
    pub(crate) fn redact_line<'l>(
        &self,
        mut line: Cow<'l, str>,
        open: Open,
        mut secrets: Option<&mut Vec<(String, String)>>,
    ) -> (Cow<'l, str>, Open) {
        loop {
            let mut next = Open::Nothing;
            let spans = self.look(&line, open, &mut next);
            if spans.is_empty() {
                return (line, next);
            }
            line = Cow::Owned(take_out(&line, &spans, secrets.as_deref_mut()));
        }
    }

    /// Where secrets stand in the line.
    pub(crate) fn spans(&self, line: &str, open: Open) -> Vec<Span> {
        self.look(line, open, &mut Open::default())
    }

    fn look(&self, line: &str, open: Open, next: &mut Open) -> Vec<Span> {
        let mut spans = Vec::new();
        if private_key::find(line, open == Open::PrivateKey, &mut spans) {
            *next = Open::PrivateKey;
        }
        if open == Open::Value && *next == Open::Nothing {
            named::find_on_next_line(line, &mut spans, next);
        }
        self.extra.iter().for_each(|rule| rule.find(line, &mut spans));
        let taken = placeholder::places(line);
        let is_new = |at: usize| !taken.iter().any(|taken| taken.contains(&at));
        let hits: Vec<(usize, Calls)> = self
            .keywords
            .find_overlapping_iter(line)
            .filter(|keyword| is_new(keyword.start()))
            .map(|keyword| (keyword.start(), self.calls[keyword.pattern().as_usize()]))
            .collect();
        let called = hits.iter().fold(0, |called, (_, calls)| called | calls.rules);
        for (place, rule) in self.rules.iter().enumerate() {
            if called & (1 << place) != 0 {
                rule.find(line, &mut spans);
            }
        }
        let mut names_read = 0;
        for &(at, calls) in &hits {
            if calls.name && at >= names_read {
                let (end, is_open) = named::find(line, at, &mut spans);
                names_read = end;
                if is_open && *next == Open::Nothing {
                    *next = Open::Value;
                }
            }
            if calls.nearby {
                nearby::find(line, at, &mut spans);
            }
        }
        opaque::find(line, &mut spans);
        spans.retain(|span| !self.is_kept(&line[span.secret.clone()]));
        merged(spans, &taken)
    }

    fn is_kept(&self, secret: &str) -> bool {
        self.keep.iter().any(|keep| keep.is_match(secret))
    }
}

fn take_out(line: &str, spans: &[Span], mut secrets: Option<&mut Vec<(String, String)>>) -> String {
    let mut out = String::with_capacity(line.len());
    let mut kept = 0;
    for span in spans {
        let secret = &line[span.secret.clone()];
        let placeholder = placeholder::of(span.kind, secret);
        out.push_str(&line[kept..span.secret.start]);
        out.push_str(&placeholder);
        kept = span.secret.end;
        if let Some(secrets) = secrets.as_deref_mut()
            && !secrets.iter().any(|(known, _)| known == secret)
        {
            secrets.push((secret.to_owned(), placeholder));
        }
    }
    out.push_str(&line[kept..]);
    out
}
