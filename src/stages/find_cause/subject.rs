//! What a failure is about, as typed fields: signatures name what they capture, and this says which
//! field that is.

use std::collections::BTreeMap;

use super::hypothesis::is_of_user_code;
use super::run::{Run, Sighting};
use super::source::Place;
use crate::records::root_cause::Subject;

/// Names of captures by the field that they fill, the first that is there wins. A test holds them
/// against the built-in pack.
const COLUMN: &[&str] = &[
    "column",
    "legacy_column",
    "inner_column",
    "new_column",
    "attribute",
    "mysql_column",
    "server_column",
];
const CANDIDATES: &[&str] = &["candidates", "legacy_candidates"];
const TABLE: &[&str] = &["table", "legacy_table", "container", "topic", "database", "schema"];
const PATH: &[&str] = &[
    "path",
    "legacy_path",
    "file",
    "local",
    "object",
    "footer_path",
    "nio_path",
    "directory",
    "bucket",
];
/// Whatever else has a name of its own: a setting, a quota, a connection.
const KEY: &[&str] = &[
    "key",
    "legacy_key",
    "option",
    "heap",
    "queue",
    "quota",
    "image",
    "connection",
    "variable",
    "constraint",
    "subject",
    "command",
    "undefined",
    "feature",
    "codec",
    "model",
    "process",
    "profile",
    "subnet",
    "zone",
];
const CLASS: &[&str] = &["class", "source", "method", "type"];
const MODULE: &[&str] = &["module", "name", "requirement", "wheel"];
const HOST: &[&str] = &["host", "server", "peer", "master_url", "node", "instance"];
const LIMIT: &[&str] = &["limit", "expected", "inner_expected", "new_expected", "to", "driver"];
const ACTUAL: &[&str] =
    &["actual", "inner_actual", "new_actual", "required", "waited", "value", "worker"];
const EXECUTOR: &[&str] = &["executor"];
const EXCEPTION: &[&str] = &["exception"];

/// The subject of a fault, told by its own sighting first and by others of the same fault after it.
pub fn of(run: &Run<'_>, sightings: &[Sighting<'_>], place: Option<&Place>) -> Subject {
    let field = |names: &[&str]| {
        sightings.iter().find_map(|sighting| {
            captured(&sighting.finding?.captures, names).map(|value| plain(value))
        })
    };
    let column = field(COLUMN).map(|column| without_id(&column));
    let first = sightings.first();
    let thrown = first.and_then(Sighting::thrown);
    let is_users = first.is_some_and(|sighting| is_of_user_code(sighting.class()));
    Subject {
        candidates: field(CANDIDATES)
            .map(|list| likeliest_first(column.as_deref(), names_in(&list)))
            .unwrap_or_default(),
        column,
        table: field(TABLE),
        path: field(PATH),
        key: field(KEY),
        class_name: field(CLASS),
        module: field(MODULE),
        exception: thrown
            .map(|thrown| thrown.exception.clone())
            .or_else(|| field(EXCEPTION))
            .filter(|_| is_users),
        function: place.map(|place| place.function.clone()).filter(|name| !name.is_empty()),
        // Java prints an address that was never a name with a slash before it.
        host: field(HOST).map(|host| host.trim_start_matches('/').to_owned()),
        limit: field(LIMIT),
        actual: field(ACTUAL),
        error_class: first.and_then(|sighting| error_class(sighting.text())),
        application_id: run.application_id(),
        executor: field(EXECUTOR)
            .or_else(|| sightings.iter().find_map(Sighting::executor).map(str::to_owned))
            .filter(|executor| executor != "driver"),
        stage: first.and_then(stage),
    }
}

/// Without the number by which Spark tells columns of one name apart: `id#12L` is `id`.
fn without_id(column: &str) -> String {
    let is_id = |id: &str| {
        let digits = id.strip_suffix('L').unwrap_or(id);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let name = column.rsplit_once('#').filter(|(name, id)| !name.is_empty() && is_id(id));
    name.map_or(column, |(name, _)| name).to_owned()
}

/// The capture of one of these names, or of a dialect of one.
fn captured<'a>(captures: &'a BTreeMap<String, String>, names: &[&str]) -> Option<&'a String> {
    names.iter().find_map(|name| captures.get(*name)).or_else(|| {
        let is_dialect = |capture: &str| names.iter().any(|name| is_dialect_of(capture, name));
        captures.iter().find(|(capture, _)| is_dialect(capture)).map(|(_, value)| value)
    })
}

/// Several programs say the same in different words, and a regex names no group twice: `pg_host` is
/// a host in the words of PostgreSQL. An `error_class` or a `bucket_name` is something else.
fn is_dialect_of(capture: &str, name: &str) -> bool {
    const WITHOUT_DIALECTS: [&str; 6] = ["class", "source", "method", "type", "module", "name"];
    let dialect = capture.strip_suffix(name).and_then(|dialect| dialect.strip_suffix('_'));
    dialect.is_some() && !WITHOUT_DIALECTS.contains(&name)
}

/// What a sighting names, numbers aside: part files and attempts differ in nothing else.
pub fn names(sighting: &Sighting<'_>) -> Vec<Option<String>> {
    let without_digits =
        |text: &str| text.chars().filter(|sign| !sign.is_ascii_digit()).collect::<String>();
    let captured = |names: &&[&str]| {
        let value = captured(&sighting.finding?.captures, names)?;
        Some(without_digits(&plain(value)))
    };
    let raised = sighting.thrown().filter(|_| is_of_user_code(sighting.class())).map(|thrown| {
        let first_line = thrown.message.lines().next().unwrap_or_default();
        without_digits(&format!("{}: {first_line}", thrown.exception))
    });
    [COLUMN, TABLE, PATH, KEY, CLASS, MODULE].iter().map(captured).chain([raised]).collect()
}

/// What tells this subject from others of its class; empty where the class is all we know.
pub fn identity(subject: &Subject) -> String {
    let fields = [
        &subject.column,
        &subject.table,
        &subject.path,
        &subject.key,
        &subject.class_name,
        &subject.module,
        &subject.host,
        &subject.exception,
    ];
    fields.into_iter().flatten().next().cloned().unwrap_or_default()
}

/// Without Spark's quotes: `` `hr`.`staff` `` is `hr.staff`.
fn plain(value: &str) -> String {
    let value = value.replace('`', "");
    value.trim().trim_matches(['\'', '"']).trim_end_matches(['.', ';', ',']).to_owned()
}

fn names_in(list: &str) -> Vec<String> {
    list.split(',').map(|name| without_id(&plain(name))).filter(|name| !name.is_empty()).collect()
}

/// Spark orders its suggestions by edit distance, to which `name` is as near to `amt` as `amount`.
/// People abbreviate, spell out and rename parts: those come first, the rest in Spark's order.
fn likeliest_first(wanted: Option<&str>, mut names: Vec<String>) -> Vec<String> {
    let Some(wanted) = wanted.and_then(|wanted| wanted.rsplit('.').next()) else { return names };
    let wanted = wanted.to_lowercase();
    names.sort_by_key(|name| {
        let name = name.rsplit('.').next().unwrap_or(name).to_lowercase();
        let is_spelling = squeezed(&name) == squeezed(&wanted);
        let is_abbreviation = is_abbreviation(&wanted, &name) || is_abbreviation(&name, &wanted);
        let shares_a_word =
            name.split('_').any(|word| wanted.split('_').any(|other| other == word));
        match (is_spelling, is_abbreviation, shares_a_word) {
            (true, _, _) => 0,
            (_, true, _) => 1,
            (_, _, true) => 2,
            _ => 3,
        }
    });
    names
}

/// `orderDate` and `order_date` are one name.
fn squeezed(name: &str) -> String {
    name.replace(['_', '-', ' '], "")
}

/// Whether `short` has the first letter of `long`, and its others in the same order.
fn is_abbreviation(short: &str, long: &str) -> bool {
    let mut letters = long.chars();
    short.chars().next() == long.chars().next()
        && short.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// `[UNRESOLVED_COLUMN.WITH_SUGGESTION]` without its brackets.
fn error_class(text: &str) -> Option<String> {
    let mut parts = text.split('[').skip(1);
    parts.find_map(|part| {
        let (name, _) = part.split_once(']')?;
        let is_class = name.contains('_')
            && name.bytes().all(|byte| {
                byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.')
            });
        is_class.then(|| name.to_owned())
    })
}

fn stage(sighting: &Sighting<'_>) -> Option<i32> {
    let lead = sighting.trace().and_then(|trace| trace.lead.as_deref()).unwrap_or_default();
    let (_, rest) =
        [sighting.text(), lead].into_iter().find_map(|text| text.split_once(" in stage "))?;
    rest.split(['.', ' ']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::signatures;

    #[test]
    fn every_capture_of_a_cause_has_its_field() {
        /// Captures that stay in the evidence.
        const NOT_A_FIELD: &[&str] = &[
            "error_class",
            "operation",
            "record",
            "behaviour",
            "user",
            "access",
            "status",
            "code",
            "aws_status",
            "reason",
            "other",
            "tasks",
            "report",
            "fatal",
            "from",
            "message",
            "exception",
            "available",
            "near",
            "legacy_near",
            "mysql_user",
            "timeout",
            "server_user",
            "role",
            "action",
            "application",
            "attempt",
            "block",
            "call",
            "cluster",
            "container_id",
            "dag",
            "device",
            "group",
            "job",
            "namespace",
            "offset",
            "owner",
            "permission",
            "pid",
            "pod",
            "port",
            "principal",
            "region",
            "resource",
            "state",
            "table_id",
            "task",
            "url",
            "version",
        ];
        let fields =
            [COLUMN, CANDIDATES, TABLE, PATH, KEY, CLASS, MODULE, HOST, LIMIT, ACTUAL, EXECUTOR];
        let known: BTreeSet<&str> =
            fields.into_iter().flatten().chain(&["object"]).chain(NOT_A_FIELD).copied().collect();
        let is_known = |capture: &str| {
            known.contains(capture) || known.iter().any(|name| is_dialect_of(capture, name))
        };
        let pack = signatures::built_in().expect("the built-in pack loads");
        for signature in pack.signatures().iter().filter(|signature| signature.class.is_some()) {
            for name in signature.captures.keys() {
                assert!(is_known(name), "{} captures {name} for nobody", signature.id);
            }
        }
    }

    #[test]
    fn the_likeliest_new_name_comes_first() {
        let cases = [
            ("amt", "name,amount,city", "amount"),
            ("l.booking_date", "id,posting_date,state", "posting_date"),
            ("orderDate", "date,order_date", "order_date"),
            ("customer_identifier", "country,customer_id", "customer_id"),
            ("zip", "name,city", "name"),
        ];
        for (wanted, names, expected) in cases {
            assert_eq!(likeliest_first(Some(wanted), names_in(names))[0], expected, "{wanted}");
        }
    }

    #[test]
    fn quotes_and_error_classes_are_read() {
        assert_eq!(plain("`hr`.`departments`"), "hr.departments");
        assert_eq!(names_in("`name`, `amount`"), ["name", "amount"]);
        assert_eq!(
            error_class("x [1] [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column [`a`]").as_deref(),
            Some("UNRESOLVED_COLUMN.WITH_SUGGESTION")
        );
        assert_eq!(error_class("column: [reading]"), None);
    }
}
