//! The patch as people read it.

use similar::TextDiff;

/// A unified diff with three lines of context, as `git apply` takes it; empty when nothing changed.
///
/// `path` is the file's path in its repository, with forward slashes.
pub fn unified_diff(path: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_one_changed_line_and_keeps_its_line_end() {
        let diff = unified_diff("jobs/a.py", "x = 1\r\ny = 2\r\n", "x = 1\r\ny = 3\r\n");
        assert_eq!(
            diff,
            "--- a/jobs/a.py\n+++ b/jobs/a.py\n@@ -1,2 +1,2 @@\n x = 1\r\n-y = 2\r\n+y = 3\r\n"
        );
    }

    #[test]
    fn is_empty_for_equal_texts_and_says_when_the_last_line_has_no_end() {
        assert_eq!(unified_diff("a.py", "x", "x"), "");
        assert!(unified_diff("a.py", "x", "y").contains("\\ No newline at end of file"));
    }
}
