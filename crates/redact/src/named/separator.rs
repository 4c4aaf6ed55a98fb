//! What stands between a name and its value.

use super::cursor::Cursor;
use super::name::Name;

/// What stands between a name and its value, as far as it matters for what the value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// `=`, `:=`, `=>`, `->`
    Assigns,
    /// `:`
    Colon,
    /// `>` of an element or an attribute `value=` behind it: the value ends at the next tag.
    Element,
    /// A comma between quoted name and value, as in `.option("password", "x")`, or `as "x"`.
    Argument,
    /// The same, where nothing before the name says that it is a setting.
    List,
    /// `--password x`
    Flag,
    /// Two blanks or a tab, as in files of properties.
    Columns,
    /// One blank.
    Blank,
    /// `is`, `was`
    Is,
    /// `(password x)`
    Bracket,
    /// The end of the line before.
    NextLine,
}

impl Separator {
    /// Whether the value may follow on the next line.
    pub fn may_break(self) -> bool {
        matches!(self, Separator::Assigns | Separator::Colon | Separator::Element)
    }

    /// Whether what follows is a value for certain, rather than the next word of a sentence.
    pub fn is_certain(self) -> bool {
        matches!(
            self,
            Separator::Assigns | Separator::Element | Separator::Argument | Separator::Flag
        )
    }
}

/// The separator behind the name, and where the value starts.
pub(super) fn read(line: &str, name: &Name<'_>) -> (Option<Separator>, usize) {
    let mut cursor = Cursor::at(line, name.end);
    if let Some(at) = element(cursor, name).or_else(|| value_below(cursor, name)) {
        return (Some(Separator::Element), at);
    }
    cursor.eat("]");
    let blanks = cursor.skip_blanks();
    if let Some(sign) = sign(&mut cursor) {
        cursor.skip_blanks();
        return (Some(annotated(sign, &mut cursor)), cursor.at);
    }
    if name.quote.is_some() {
        let is_list = cursor.eat(",");
        cursor.skip_blanks();
        if is_list && let Some(at) = paired(cursor) {
            return (Some(Separator::Argument), at);
        }
        let next = cursor.rest().trim_start_matches('\\');
        let is_value = next.starts_with(['"', '\'', '`']);
        return ((is_list && is_value).then(|| list(line, name)), cursor.at);
    }
    (words_apart(line, name, blanks, &mut cursor), cursor.at)
}

/// `=` and `:` in their spellings. Those that are longer come first.
fn sign(cursor: &mut Cursor<'_>) -> Option<Separator> {
    const SIGNS: [(&str, Separator); 14] = [
        (":=", Separator::Assigns),
        ("=>", Separator::Assigns),
        ("===", Separator::Assigns),
        ("==", Separator::Assigns),
        ("!=", Separator::Assigns),
        ("=", Separator::Assigns),
        ("->", Separator::Assigns),
        ("::", Separator::Colon),
        (":", Separator::Colon),
        ("%3D", Separator::Assigns),
        ("%3A", Separator::Colon),
        ("\\u003d", Separator::Assigns),
        ("&#61;", Separator::Assigns),
        ("\\=", Separator::Assigns),
    ];
    SIGNS.into_iter().find(|(spelling, _)| cursor.eat(spelling)).map(|(_, sign)| sign)
}

/// Passes over the type of `password: str = "x"`.
fn annotated(sign: Separator, cursor: &mut Cursor<'_>) -> Separator {
    if sign != Separator::Colon {
        return sign;
    }
    let rest = cursor.rest();
    let is_of_type = |byte: u8| byte.is_ascii_alphanumeric() || b"_[]|. &".contains(&byte);
    let n_type = rest.bytes().take(48).take_while(|&byte| is_of_type(byte)).count();
    let behind = rest[n_type..].strip_prefix('=').map(str::trim_start);
    match behind {
        Some(value) if n_type > 0 && value.trim_start_matches('\\').starts_with(['"', '\'']) => {
            cursor.at = cursor.line.len() - value.len();
            Separator::Assigns
        }
        _ => sign,
    }
}

/// `<password>x`, `<name>password</name><value>x`, `<entry key="password">x`,
/// `name="password" value="x"`.
fn element(mut cursor: Cursor<'_>, name: &Name<'_>) -> Option<usize> {
    if cursor.eat("</name>") {
        cursor.skip_blanks();
        return (cursor.eat("<value>") || cursor.rest().is_empty()).then_some(cursor.at);
    }
    let opens = name.range.start > 0 && name.line.as_bytes()[name.range.start - 1] == b'<';
    if (opens || name.quote.is_some()) && cursor.eat(">") {
        return Some(cursor.at);
    }
    cursor.skip_blanks();
    (name.quote.is_some() && cursor.eat("value=")).then_some(cursor.at)
}

/// `name: PASSWORD`, and `value: x` on the next line.
fn value_below(mut cursor: Cursor<'_>, name: &Name<'_>) -> Option<usize> {
    cursor.eat(",");
    let before = name.line[..name.range.start].trim_end_matches([' ', '"', '\'']);
    let names = ["name:", "name\":", "key:", "key\":"].iter().any(|key| before.ends_with(key));
    (names && cursor.rest().trim().is_empty()).then_some(name.line.len())
}

/// `"name": "PASSWORD", "value": "x"`
fn paired(mut cursor: Cursor<'_>) -> Option<usize> {
    cursor.eat_quote()?;
    let is_value = cursor.eat("value");
    cursor.eat_quote().filter(|_| is_value)?;
    cursor.skip_blanks();
    let is_colon = cursor.eat(":") || cursor.eat("=");
    cursor.skip_blanks();
    is_colon.then_some(cursor.at)
}

/// Whether a call that sets something, or a pair in brackets, holds the name.
fn list(line: &str, name: &Name<'_>) -> Separator {
    let before = line[..name.range.start].trim_end_matches(['"', '\'', '`', '\\']).trim_end();
    let call = before.strip_suffix('(').unwrap_or("");
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let call = call.rsplit(|c| !is_word(c)).next().unwrap_or_default().to_ascii_lowercase();
    let sets = ["option", "conf", "set", "put", "property", "add", "header", "param", "with"];
    let is_call = sets.iter().any(|word| call.contains(word));
    if is_call || name.text.contains('.') { Separator::Argument } else { Separator::List }
}

fn words_apart(
    line: &str,
    name: &Name<'_>,
    blanks: usize,
    cursor: &mut Cursor<'_>,
) -> Option<Separator> {
    if blanks == 0 || cursor.rest().is_empty() {
        return None;
    }
    if name.is_flag {
        return (!cursor.rest().starts_with('-')).then_some(Separator::Flag);
    }
    for word in ["is: ", "is ", "was ", "equals "] {
        if cursor.eat(word) {
            cursor.skip_blanks();
            return Some(Separator::Is);
        }
    }
    let before = line[..name.range.start].trim_end();
    // In SQL these are the quotes of a column's name.
    if !before.to_ascii_lowercase().contains("select") && cursor.eat("as ") {
        cursor.skip_blanks();
        return cursor
            .rest()
            .trim_start_matches('\\')
            .starts_with(['"', '\''])
            .then_some(Separator::Argument);
    }
    if before.ends_with('(') {
        return Some(Separator::Bracket);
    }
    Some(if blanks > 1 { Separator::Columns } else { Separator::Blank })
}
