//! A value that must not be seen: it prints as stars everywhere, and is best kept outside the
//! settings file.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::Environment;

/// What is printed in a secret's place.
pub(super) const STARS: &str = "***";

/// A secret. The settings may hold it as it is, as `${NAME}` for a variable of the environment,
/// or as `file:/path` for a file's text (the line break at its end is dropped).
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret that is known already.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Follows a reference to what it stands for; what is no reference stays as it is.
    pub(super) fn resolve(&mut self, env: &Environment) -> Result<(), String> {
        if let Some(value) = resolve(&self.0, env)? {
            self.0 = value;
        }
        Ok(())
    }
}

/// What the text refers to, if it is a reference; the error never repeats a literal secret.
fn resolve(text: &str, env: &Environment) -> Result<Option<String>, String> {
    if let Some(rest) = text.strip_prefix("${") {
        let name = rest.strip_suffix('}').ok_or("`${` is not closed by a `}` at the end")?;
        let value = env.get(name);
        let value = value.ok_or_else(|| format!("the environment has no variable {name}"))?;
        return Ok(Some(value.to_owned()));
    }
    if let Some(path) = text.strip_prefix("file:") {
        let content = std::fs::read_to_string(path)
            .map_err(|error| format!("failed to read {path}: {error}"))?;
        return Ok(Some(content.trim_end_matches(['\r', '\n']).to_owned()));
    }
    Ok(None)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_followed_and_literals_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "from file\n").expect("written");
        let env = Environment::of([("TOKEN", "from env")]);
        for (text, expected) in [
            ("plain", "plain"),
            ("${TOKEN}", "from env"),
            (&format!("file:{}", path.display()), "from file"),
        ] {
            let mut secret = Secret::new(text);
            secret.resolve(&env).expect("resolvable");
            assert_eq!(secret.reveal(), expected);
        }
        for (text, reason) in [
            ("${NONE}", "no variable NONE"),
            ("${TOKEN", "not closed"),
            ("file:/nowhere/at/all", "failed to read /nowhere/at/all"),
        ] {
            let error = Secret::new(text).resolve(&env).expect_err("cannot be resolved");
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn nothing_prints_it() {
        let secret = Secret::new("hunter2");
        let json = serde_json::to_string(&secret).expect("plain");
        assert_eq!(format!("{secret} {secret:?} {json}"), "*** *** \"***\"");
    }
}
