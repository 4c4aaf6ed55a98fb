//! The name of an input as far as the source tells it, and whether a path or table of the log is it.

/// A text of which some pieces are only known when the job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<Option<String>>,
}

/// How surely a pattern is the input that a hint names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    No,
    /// The hint is a folder above or below.
    Related,
    /// As far as the pattern is known, it ends like the hint.
    Ending,
    Exact,
}

impl Pattern {
    pub fn known(text: impl Into<String>) -> Self {
        Self { pieces: vec![Some(text.into())] }
    }

    pub fn unknown() -> Self {
        Self { pieces: vec![None] }
    }

    pub fn then(mut self, next: Self) -> Self {
        for piece in next.pieces {
            match (self.pieces.last_mut(), piece) {
                (Some(Some(last)), Some(text)) => last.push_str(&text),
                (Some(None), None) => {}
                (_, piece) => self.pieces.push(piece),
            }
        }
        self
    }

    /// Whether how it ends is only known at run time: then it could be any input.
    pub fn is_open(&self) -> bool {
        self.tail().is_none_or(|tail| tail.trim_matches('/').is_empty())
    }

    pub fn matches(&self, hint: &str) -> Match {
        let hint = normal(hint);
        let Some(tail) = self.tail().map(normal).filter(|tail| !tail.is_empty()) else {
            return Match::No;
        };
        if self.pieces.len() == 1 && tail == hint {
            return Match::Exact;
        }
        if ends_with(&tail, &hint) || (self.ending_of(&hint)) {
            return Match::Ending;
        }
        let (tail, hint): (Vec<&str>, Vec<&str>) = (parts(&tail), parts(&hint));
        let related = |long: &[&str], short: &[&str]| long.windows(short.len()).any(|w| w == short);
        if related(&tail, &hint) || related(&hint, &tail) { Match::Related } else { Match::No }
    }

    fn ending_of(&self, hint: &str) -> bool {
        let raw = self.tail().map(|tail| tail.trim_end_matches('/').to_ascii_lowercase());
        match raw {
            // `base + "/orders"` must end a folder, `f"{prefix}orders"` need not begin one.
            Some(raw) if self.pieces.len() > 1 => hint.ends_with(&raw) || hint == normal(&raw),
            Some(raw) => ends_with(hint, &normal(&raw)),
            None => false,
        }
    }

    fn tail(&self) -> Option<&str> {
        self.pieces.last().and_then(Option::as_deref)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pieces.iter().try_for_each(|piece| f.write_str(piece.as_deref().unwrap_or("…")))
    }
}

/// Without scheme, host and outer slashes; names differ by more than case in no lake we know.
fn normal(name: &str) -> String {
    let path = match name.split_once("://") {
        Some((_, rest)) => rest,
        None => name.strip_prefix("file:").or_else(|| name.strip_prefix("dbfs:")).unwrap_or(name),
    };
    path.trim_matches('/').to_ascii_lowercase()
}

fn parts(name: &str) -> Vec<&str> {
    name.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether `long` ends in the whole path or table parts of `short`.
fn ends_with(long: &str, short: &str) -> bool {
    long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with(['/', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind_base(tail: &str) -> Pattern {
        Pattern::unknown().then(Pattern::known(tail))
    }

    #[test]
    fn finds_the_input_a_log_names() {
        for (pattern, hint, expected) in [
            (Pattern::known("s3://lake/orders"), "s3a://lake/orders/", Match::Exact),
            (Pattern::known("s3://lake/orders"), "orders", Match::Ending),
            (Pattern::known("ref.devices"), "spark_catalog.ref.devices", Match::Ending),
            (Pattern::known("ref.devices"), "devices", Match::Ending),
            (behind_base("/orders"), "file:/srv/lake/orders", Match::Ending),
            (behind_base("/orders"), "orders", Match::Ending),
            (behind_base("/orders"), "file:/srv/lake/orders/dt=2025-01-01", Match::Related),
            (behind_base("/orders"), "file:/srv/lake/reorders", Match::No),
            (Pattern::known("s3://lake/orders"), "s3://lake/customers", Match::No),
            (Pattern::unknown(), "orders", Match::No),
        ] {
            assert_eq!(pattern.matches(hint), expected, "{pattern} against {hint}");
        }
    }

    #[test]
    fn a_name_that_ends_unknown_is_open() {
        assert!(Pattern::known("/lake/").then(Pattern::unknown()).is_open());
        assert!(!behind_base("/orders").is_open());
    }
}
