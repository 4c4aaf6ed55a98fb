//! A text without its secrets, and how to take the same secrets out of pieces of it.

/// Text without its secrets, and what was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redacted {
    /// The text, with placeholders such as `[redacted:secret:1a]`.
    pub text: String,
    /// Each secret with its placeholder.
    pub(crate) secrets: Vec<(String, String)>,
}

/// A shorter part of a secret than this says nothing, and is found in every text.
const LEAST_PART: usize = 4;

impl Redacted {
    /// Whether there was no secret.
    pub fn is_clean(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Takes the secrets of the whole text out of a piece that was cut from it, also a secret that
    /// the cut left a part of. What else the piece holds is left to a redactor.
    pub(crate) fn without_known(&self, piece: &str) -> String {
        let mut text = piece.to_owned();
        for (secret, placeholder) in &self.secrets {
            text = without(&text, secret, placeholder);
        }
        text
    }
}

fn without(text: &str, secret: &str, placeholder: &str) -> String {
    if text.len() >= LEAST_PART && secret.contains(text) {
        return placeholder.to_owned();
    }
    let text = replaced(text, secret, placeholder);
    let longest = secret.len().min(text.len());
    let parts = || (LEAST_PART..longest).rev().filter(|&n| secret.is_char_boundary(n));
    if let Some(n) = parts().find(|&n| text.ends_with(&secret[..n])) {
        return format!("{}{placeholder}", &text[..text.len() - n]);
    }
    let tails = || (1..secret.len()).filter(|&at| secret.is_char_boundary(at));
    let is_part = |at: &usize| secret.len() - at >= LEAST_PART;
    match tails().filter(is_part).find(|&at| text.starts_with(&secret[at..])) {
        Some(at) => format!("{placeholder}{}", &text[secret.len() - at..]),
        None => text,
    }
}

/// A short secret is replaced where it stands alone, not within every word that has its letters.
fn replaced(text: &str, secret: &str, placeholder: &str) -> String {
    const LONG: usize = 6;
    if secret.len() >= LONG {
        return text.replace(secret, placeholder);
    }
    let mut out = String::new();
    let mut kept = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        let is_within = text[..at].ends_with(char::is_alphanumeric)
            || text[end..].starts_with(char::is_alphanumeric);
        if !is_within {
            out.push_str(&text[kept..at]);
            out.push_str(placeholder);
            kept = end;
        }
    }
    out.push_str(&text[kept..]);
    out
}
