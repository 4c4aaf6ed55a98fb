//! Places in the code as the runtimes and their prettier tellers print them.

use super::Frame;

/// `File "/a.py", line 12, in f`; the place of a syntax error has no function.
pub(super) fn python(text: &str) -> Option<Frame> {
    let (file, rest) = text.strip_prefix("File \"")?.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (line, rest) = rest.split_at(n_digits);
    let function = match rest.strip_prefix(',').unwrap_or(rest).strip_prefix(" in ") {
        Some(function) => function,
        None if rest.is_empty() => "",
        None => return None,
    };
    let is_place = n_digits > 0 && !file.is_empty();
    is_place.then(|| frame(file, line, function))
}

/// `a.b.C.d(C.scala:12)` behind `at `; the names of class loader and module before a slash go.
pub(super) fn java(place: &str) -> Option<Frame> {
    let (function, rest) = place.split_once('(')?;
    // Logback adds the jar: `(C.java:12) ~[app.jar:1.0]`.
    let (place, jar) = rest.split_once(')')?;
    let is_end = jar.is_empty() || jar.starts_with([' ', '\r', '~', '[']);
    // Jackson's messages have lines such as `at [Source: (String)"{"; line: 1]`.
    if !is_end || function.contains([' ', '[']) {
        return None;
    }
    let (file, line) = place.split_once(':').unwrap_or((place, "0"));
    let function = function.rsplit('/').next().unwrap_or(function);
    Some(frame(file, line, function))
}

/// A frame that is so clearly one that it may stand in a record of its own.
pub(super) fn java_alone(place: &str) -> Option<Frame> {
    let (function, rest) = place.split_once('(')?;
    let says_where = [".java:", ".scala:", ".kt:", ".groovy:", "Native Method)", "Unknown Source)"]
        .iter()
        .any(|sign| rest.contains(sign));
    (says_where && function.contains('.') && !function.contains(' ')).then(|| java(place))?
}

/// A frame of a notebook: `File /a.py:12, in f(x)`, `Cell In[3], line 1`, `/a.py in f(x)`,
/// `<command-123> in <module>`, `File <command-123>, line 4`.
pub(super) fn notebook(text: &str) -> Option<Frame> {
    if let Some(place) = text.strip_prefix("File ") {
        let (place, function) = place.split_once(", in ").unwrap_or((place, ""));
        let (file, line) = place.rsplit_once(", line ").or_else(|| place.rsplit_once(':'))?;
        let is_line = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        return is_line.then(|| frame(file, line, without_arguments(function)));
    }
    if text.starts_with("Cell In") || text.starts_with("Input In") {
        let (cell, rest) = text.split_once(", ")?;
        return Some(frame(cell, rest.strip_prefix("line ").unwrap_or("0"), ""));
    }
    let (file, function) = text.split_once(" in ")?;
    let is_file = !file.contains(' ') && (file.starts_with('<') || file.contains('/'));
    is_file.then(|| frame(file, "0", without_arguments(function)))
}

/// Line and statement that a notebook points at: `---> 12 statement`.
pub(super) fn pointed_at(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches('-').strip_prefix("> ").filter(|_| text.starts_with('-'))?;
    let (line, code) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    Some((line.parse().ok()?, code.trim()))
}

/// A frame in rich's box: `/a.py:12 in f`.
pub(super) fn boxed(text: &str) -> Option<Frame> {
    let (place, function) = text.split_once(" in ")?;
    let (file, line) = place.rsplit_once(':')?;
    let is_line = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    (is_line && !file.contains(' ')).then(|| frame(file, line, function))
}

/// The statement that rich points at: `❱ 12 │   statement`.
pub(super) fn boxed_code(text: &str) -> Option<&str> {
    text.strip_prefix('❱')?.split_once('│').map(|(_, code)| code.trim())
}

fn without_arguments(function: &str) -> &str {
    function.split('(').next().unwrap_or(function)
}

fn frame(file: &str, line: &str, function: &str) -> Frame {
    Frame {
        file: file.to_owned(),
        line: line.parse().unwrap_or(0),
        function: function.to_owned(),
        code: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(frame: Option<Frame>) -> (String, u32, String) {
        let frame = frame.expect("a frame");
        (frame.file, frame.line, frame.function)
    }

    fn expected(file: &str, line: u32, function: &str) -> (String, u32, String) {
        (file.to_owned(), line, function.to_owned())
    }

    #[test]
    fn frames_of_every_teller_are_read() {
        assert_eq!(
            parts(python("File \"/jobs/a.py\", line 12, in normalise")),
            expected("/jobs/a.py", 12, "normalise")
        );
        assert_eq!(parts(python("File \"/jobs/a.py\", line 3")), expected("/jobs/a.py", 3, ""));
        assert_eq!(
            parts(java("app//java.base/java.lang.Thread.run(Thread.java:840) ~[?:?]")),
            expected("Thread.java", 840, "java.lang.Thread.run")
        );
        assert_eq!(
            parts(java("com.acme.MainKt$main$1.invokeSuspend(Main.kt:7)")),
            expected("Main.kt", 7, "com.acme.MainKt$main$1.invokeSuspend")
        );
        assert_eq!(
            parts(notebook("File /srv/a.py:12, in load(path)")),
            expected("/srv/a.py", 12, "load")
        );
        assert_eq!(parts(notebook("Cell In[3], line 1")), expected("Cell In[3]", 1, ""));
        assert_eq!(
            parts(notebook("<command-99> in <module>")),
            expected("<command-99>", 0, "<module>")
        );
        assert_eq!(parts(boxed("/srv/a.py:12 in load")), expected("/srv/a.py", 12, "load"));
        assert_eq!(pointed_at("---> 12 total = a / b"), Some((12, "total = a / b")));
        assert_eq!(boxed_code("❱ 12 │   total = a / b   "), Some("total = a / b"));
    }

    #[test]
    fn prose_is_no_frame() {
        assert_eq!(python("File \"a\", lines"), None);
        assert_eq!(java("[Source: (String)\"{\"; line: 1, column: 2]"), None);
        assert_eq!(java_alone("least one of (a, b) is missing"), None);
        assert_eq!(notebook("File not found: x"), None);
        assert_eq!(notebook("rows in table"), None);
        assert_eq!(pointed_at("-> x"), None);
        assert_eq!(pointed_at("- 12 rows"), None);
    }
}
