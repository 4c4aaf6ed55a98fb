//! Spark's error classes: `[CLASS.SUBCLASS] message SQLSTATE: 42P01`.

/// The class that Spark gave an error, as its documentation lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorClass {
    /// Such as `UNRESOLVED_COLUMN`.
    pub name: String,
    /// Such as `WITH_SUGGESTION`.
    pub sub_class: Option<String>,
    /// Five characters of the SQL standard, such as `42703`.
    pub sql_state: Option<String>,
}

/// Classes are shorter than this; what is longer is a list in brackets.
const LONGEST_NAME: usize = 160;

impl ErrorClass {
    /// From the name alone, as structured logs give it: `UNRESOLVED_COLUMN.WITH_SUGGESTION`.
    pub(crate) fn of_name(name: &str) -> Option<ErrorClass> {
        let is_name = |part: &str| {
            part.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let (class, sub_class) = match name.split_once('.') {
            Some((class, sub_class)) => (class, Some(sub_class)),
            None => (name, None),
        };
        // A single short word in brackets may be a level or a task; classes with no underscore and
        // no sub-class do not exist but for a few long ones.
        let says_enough = class.contains('_') || sub_class.is_some() || class.len() >= 9;
        let is_class = name.len() <= LONGEST_NAME
            && says_enough
            && is_name(class)
            && sub_class.is_none_or(|sub_class| sub_class.split('.').all(is_name));
        is_class.then(|| ErrorClass {
            name: class.to_owned(),
            sub_class: sub_class.map(str::to_owned),
            sql_state: None,
        })
    }

    /// The class that a message starts with, and its state wherever the message has it.
    pub(crate) fn at_start(message: &str) -> Option<ErrorClass> {
        let (name, rest) = message.strip_prefix('[')?.split_once(']')?;
        let mut class = ErrorClass::of_name(name)?;
        class.sql_state = sql_state(rest);
        Some(class)
    }

    /// The class that `text` names, at its start or after the name of an exception.
    pub(crate) fn within(text: &str) -> Option<ErrorClass> {
        if let Some(class) = ErrorClass::at_start(text) {
            return Some(class);
        }
        let mut rest = text;
        // Lists in brackets are common; the class is within the first few.
        for _ in 0..4 {
            let (_, after) = rest.split_once(" [")?;
            rest = after;
            if let Some(class) =
                rest.split_once("] ").and_then(|(name, _)| ErrorClass::of_name(name))
            {
                return Some(ErrorClass { sql_state: sql_state(rest), ..class });
            }
        }
        None
    }
}

fn sql_state(text: &str) -> Option<String> {
    let (_, after) = text.split_once("SQLSTATE: ")?;
    let state = after.get(..5)?;
    state.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(class: Option<ErrorClass>) -> Option<(String, Option<String>, Option<String>)> {
        class.map(|class| (class.name, class.sub_class, class.sql_state))
    }

    #[test]
    fn classes_are_read_wherever_spark_puts_them() {
        let owned = str::to_owned;
        assert_eq!(
            parts(ErrorClass::at_start(
                "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `a`. SQLSTATE: 42703;"
            )),
            Some((
                owned("UNRESOLVED_COLUMN"),
                Some(owned("WITH_SUGGESTION")),
                Some(owned("42703"))
            ))
        );
        assert_eq!(
            parts(ErrorClass::within(
                "org.apache.spark.SparkException: [CANNOT_PARSE_DECIMAL] Cannot parse decimal."
            )),
            Some((owned("CANNOT_PARSE_DECIMAL"), None, None))
        );
        let sub = ErrorClass::of_name("FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER");
        assert_eq!(
            sub.and_then(|class| class.sub_class).as_deref(),
            Some("CANNOT_READ_FILE_FOOTER")
        );
    }

    #[test]
    fn other_brackets_are_no_class() {
        for text in
            ["[base] line", "[INFO] x", "[a_b] x", "[1, 2] x", "[", "[]", "[SPARK.] x", "[é_Ü] x"]
        {
            assert_eq!(ErrorClass::at_start(text), None, "{text}");
        }
    }
}
