//! Which files of a repository we may change at all: Python sources that people wrote.
//!
//! Asked twice: when a fix is written, and again before it is committed, because between the two
//! lies a topic that others may write to.

/// Folders whose content comes from elsewhere.
const FOREIGN: [&str; 9] = [
    "vendor",
    "vendored",
    "_vendor",
    "third_party",
    "node_modules",
    "site-packages",
    "dist-packages",
    "venv",
    "virtualenv",
];

/// Endings of files that a generator would write anew.
const GENERATED: [&str; 3] = ["_pb2.py", "_pb2_grpc.py", "_generated.py"];

/// Why a file is not ours to change, from its path in the repository alone; `None` where it is.
pub fn refusal(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let is_plain = |part: &&str| {
        !part.is_empty()
            && !matches!(*part, "." | "..")
            && !part.contains(['\\', ':'])
            && !part.chars().any(char::is_control)
    };
    if !parts.iter().all(is_plain) {
        return Some(format!("{path:?} is no plain path inside a repository"));
    }
    if parts.iter().any(|part| part.starts_with('.')) {
        return Some(format!(
            "{path} is hidden: such files configure tools and continuous integration"
        ));
    }
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    if let Some(folder) = lower.iter().find(|part| FOREIGN.contains(&part.as_str())) {
        return Some(format!("{path} is below {folder}: it was copied from elsewhere"));
    }
    let name = lower.last().map_or("", String::as_str);
    if name.ends_with(".ipynb") {
        return Some(format!("{path} is a notebook"));
    }
    if GENERATED.iter().any(|ending| name.ends_with(ending)) {
        return Some(format!("{path} is generated"));
    }
    // Lock files, build files and data end here too.
    if !name.ends_with(".py") {
        return Some(format!("{path} is no Python source"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_python_sources() {
        for path in ["jobs/ledger_close.py", "a.py", "jobs/Größen/x y.py"] {
            assert_eq!(refusal(path), None, "{path}");
        }
    }

    #[test]
    fn everything_else_is_left_alone_with_its_reason() {
        for (path, because) in [
            ("/etc/a.py", "no plain path"),
            ("jobs/../a.py", "no plain path"),
            ("jobs//a.py", "no plain path"),
            ("jobs\\a.py", "no plain path"),
            ("C:/a.py", "no plain path"),
            ("a\n.py", "no plain path"),
            ("", "no plain path"),
            (".github/scripts/a.py", "hidden"),
            (".gitlab-ci.yml", "hidden"),
            ("jobs/.venv/a.py", "hidden"),
            ("third_party/x/a.py", "copied from elsewhere"),
            ("jobs/Vendor/a.py", "copied from elsewhere"),
            ("jobs/a.ipynb", "notebook"),
            ("jobs/a_pb2.py", "generated"),
            ("poetry.lock", "no Python source"),
            ("Jenkinsfile", "no Python source"),
        ] {
            let refused = refusal(path).unwrap_or_default();
            assert!(refused.contains(because), "{path}: {refused}");
        }
    }
}
