//! Stack traces that were pressed into one line: line ends escaped as in JSON, as syslog does, or
//! as HTML does.

use std::borrow::Cow;

/// Lines made of one line.
const MOST_LINES: usize = 2_000;

/// What stands for a line end, and for a tab, in each way of escaping.
const WAYS: [(&str, &str); 3] = [("\\n", "\\t"), ("#012", "#011"), ("&#10;", "&#9;")];

/// How a line of a trace starts, after its tab.
const STARTS: [&str; 5] = ["at ", "Caused by: ", "File \"", "File \\\"", "Traceback (most recent"];

/// The lines that `text` was made of, if it is a trace in one line.
pub(super) fn lines_of(text: &str) -> Option<Vec<String>> {
    memchr::memchr3(b'\\', b'#', b'&', text.as_bytes())?;
    let (line_end, tab) =
        WAYS.into_iter().find(|(line_end, tab)| joins_a_trace(text, line_end, tab))?;
    let lines = text.split(line_end).take(MOST_LINES).map(|line| {
        let line = line.strip_suffix("\\r").unwrap_or(line);
        unescaped(line, tab).into_owned()
    });
    Some(lines.collect())
}

fn joins_a_trace(text: &str, line_end: &str, tab: &str) -> bool {
    text.split(line_end).skip(1).take(MOST_LINES).any(|line| {
        let line = line.trim_start_matches(' ');
        let line = line.strip_prefix(tab).unwrap_or(line).trim_start();
        STARTS.iter().any(|start| line.starts_with(start))
    })
}

fn unescaped<'a>(line: &'a str, tab: &str) -> Cow<'a, str> {
    let mut line = Cow::Borrowed(line);
    let entities = [
        (tab, "\t"),
        ("\\\"", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    for (escaped, sign) in entities {
        if line.contains(escaped) {
            line = Cow::Owned(line.replace(escaped, sign));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_escaping_is_undone() {
        let expected = ["ERROR x: java.io.IOException: a", "\tat a.B.<init>(B.java:1)"];
        for text in [
            "ERROR x: java.io.IOException: a\\n\\tat a.B.<init>(B.java:1)",
            "ERROR x: java.io.IOException: a#012#011at a.B.<init>(B.java:1)",
            "ERROR x: java.io.IOException: a&#10;&#9;at a.B.&lt;init&gt;(B.java:1)",
        ] {
            assert_eq!(lines_of(text).as_deref(), Some(&expected.map(str::to_owned)[..]), "{text}");
        }
        let python =
            "Traceback (most recent call last):\\n  File \\\"/a.py\\\", line 1, in f\\nKeyError: 1";
        let lines = lines_of(python).expect("a traceback");
        assert_eq!(lines[1], "  File \"/a.py\", line 1, in f");
    }

    #[test]
    fn other_backslashes_stay() {
        for text in [
            "C:\\new\\table",
            "a\\nb",
            "('An error occurred.\\n', 'JavaObject id=o59')",
            "# at #012",
        ] {
            assert_eq!(lines_of(text), None, "{text}");
        }
    }
}
