//! Spark's own exceptions in Python, where no signature knows what they say: their type and their
//! words still tell of which kind the fault is.

use crate::records::log_summary::Thrown;

/// Types that mean one class, whatever they say.
const TYPES: &[(&str, &str)] = &[
    ("ParseException", "sql.parse_error"),
    ("StreamingQueryException", "streaming.query_failed"),
    ("PythonException", "python.udf_exception"),
    ("ArithmeticException", "data.arithmetic"),
    ("DateTimeException", "data.cast_invalid_input"),
    ("NumberFormatException", "data.cast_invalid_input"),
    ("SparkUpgradeException", "data.datetime_rebase"),
];

/// Words of an `AnalysisException`, the most particular first.
const WORDS: &[(&str, &str)] = &[
    ("streaming dataframe", "streaming.invalid_query"),
    ("stream-stream", "streaming.invalid_query"),
    ("ambiguous", "schema.ambiguous_reference"),
    ("cannot resolve column name", "schema.unresolved_column"),
    ("cannot be resolved", "schema.unresolved_column"),
    ("does not exist", "input.table_not_found"),
    ("already exists", "output.path_exists"),
    ("group by", "sql.parse_error"),
    ("aggregat", "sql.parse_error"),
    ("data type", "schema.type_mismatch"),
    ("type mismatch", "schema.type_mismatch"),
];

/// The class of an exception that Spark's JVM or server passed on to Python.
pub fn class_of(thrown: &Thrown) -> Option<&'static str> {
    let (package, name) = thrown.exception.rsplit_once('.')?;
    if !package.starts_with("pyspark.errors.") && package != "pyspark.sql.utils" {
        return None;
    }
    let kind = |table: &[(&str, &'static str)], fits: &dyn Fn(&str) -> bool| {
        table.iter().find(|(sign, _)| fits(sign)).map(|(_, class)| *class)
    };
    let said = thrown.message.to_lowercase();
    kind(TYPES, &|sign| name == sign).or_else(|| {
        (name == "AnalysisException").then(|| kind(WORDS, &|sign| said.contains(sign))).flatten()
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::stages::find_cause::tests::{driver, told, traceback};

    fn check(end: &str, expected: Expect) {
        expected.assert_eq(&told(&driver(Some(1), &traceback(end))));
    }

    #[test]
    fn what_spark_says_in_words_of_its_own_has_a_kind() {
        check(
            "pyspark.errors.exceptions.captured.AnalysisException: Stream-stream LeftOuter join between two streaming DataFrame/Datasets is not supported without a watermark",
            expect![
                "streaming.invalid_query at line 5, sure: the streaming query asks for something that streams cannot do"
            ],
        );
        check(
            "pyspark.errors.exceptions.captured.AnalysisException: Column manager_id#1, emp_id#0 are ambiguous.",
            expect![
                "schema.ambiguous_reference at line 5, sure: a name is on both sides of the join"
            ],
        );
        check(
            "pyspark.errors.exceptions.connect.ParseException: [SOMETHING_NEW] at this place",
            expect![
                "sql.parse_error at line 5, sure: the SQL of daily.py does not say what it should"
            ],
        );
    }

    #[test]
    fn what_others_say_in_the_same_words_is_theirs() {
        check(
            "shop.errors.AnalysisException: the order is ambiguous",
            expect![
                "python.driver_exception at line 5, sure: daily.py raised shop.errors.AnalysisException: the order is ambiguous at daily.py line 19"
            ],
        );
    }
}
