//! The whole of it: files, variables, secrets and the example, as an operator meets them.

use std::path::{Path, PathBuf};

use super::*;

const EXAMPLE: &str = include_str!("../../adp.example.toml");

/// A settings file in a folder of its own.
struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn file(text: &str) -> File {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("adp.toml");
    std::fs::write(&path, text).expect("written");
    File { _folder: folder, path }
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Settings::load(Some(&file(text).path), &Environment::of(variables.iter().copied()))
}

/// The error's text without the folder of the file.
fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    let file = file(text);
    let env = Environment::of(variables.iter().copied());
    let error = Settings::load(Some(&file.path), &env).expect_err("wrong settings");
    error.to_string().replace(&file.path.display().to_string(), "adp.toml")
}

/// The example with the settings in force that have no default.
fn whole_example() -> String {
    let is_setting = |line: &str| {
        let rest = line.strip_prefix('#').unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || "[\"".contains(c))
    };
    let lines = EXAMPLE.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_is_the_defaults() {
    assert_eq!(load(EXAMPLE, &[]).expect("the example is right"), Settings::default());
    let nothing = Settings::load(None, &Environment::default()).expect("the defaults work");
    assert_eq!(nothing, Settings::default());
}

#[test]
fn the_example_names_every_setting() {
    let file = file(&whole_example());
    let (settings, explained) =
        Settings::load_explained(Some(&file.path), &Environment::default()).expect("right");
    assert_eq!(settings.repositories.len(), 1);
    let lines = EXAMPLE.lines().map(|line| line.trim_start_matches('#'));
    let named: Vec<&str> = lines.filter_map(|line| Some(line.split_once('=')?.0.trim())).collect();
    for leaf in explained.0 {
        let name = leaf.key.rsplit(['.', ']']).next().expect("a last part");
        let in_file = matches!(leaf.origin, Origin::File { .. });
        let property = leaf.key.starts_with("kafka.properties.");
        assert!(in_file && (property || named.contains(&name)), "{} is not there", leaf.key);
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (text, variables, expected) in [
        ("[kafka]\nslott = 1", &[][..], "adp.toml:2:1: unknown field `slott`, expected one of"),
        ("[kafka]\nslot = \"a\"", &[], "adp.toml:2:8: invalid type: string \"a\", expected u32"),
        ("[kafka\n", &[], "adp.toml:1:7: "),
        ("[kafka]\nmode = \"cloud\"", &[], "adp.toml:2:8: unknown variant `cloud`"),
        ("[[channels]]\nname = \"a\"", &[], "adp.toml:1:1: missing field `kind`"),
        ("[kafka]\nmode = \"remote\"", &[], "default: kafka.bootstrap: mode = \"remote\" needs"),
        ("[kafka]\npartitions = 0", &[], "adp.toml:2: kafka.partitions: must be at least 1"),
        (
            "[kafka.properties]\n\"group.id\" = \"x\"",
            &[],
            "adp.toml:2: kafka.properties.group.id: adp sets this one itself",
        ),
        (
            "[[repositories]]\nname = \"a\"\npath = \"/a\"\npipelines = [\"*\"]\njobs = \"../b\"",
            &[],
            "adp.toml:5: repositories[0].jobs: must lie within the repository",
        ),
        (
            "channels = [{ name = \"a\", kind = \"terminal\" }, { name = \"a\", kind = \"terminal\" }]",
            &[],
            "adp.toml:1: channels[1].name: there are two with the name a",
        ),
        (
            "[redaction]\nextra = [\"a\", \"(\"]",
            &[],
            "adp.toml:2: redaction.extra[1]: must be a regular expression",
        ),
        ("", &[("ADP_KAFKA__PARTITIONS", "0")], "ADP_KAFKA__PARTITIONS: kafka.partitions: must"),
        ("", &[("ADP_KAFKA__SLOTT", "1")], "ADP_KAFKA__SLOTT: unknown field `slott`"),
        ("", &[("ADP_KAFKA__SLOT", "one")], "ADP_KAFKA__SLOT: invalid type: string \"one\""),
        ("", &[("ADP_KAFKA__SLOT__X", "1")], "ADP_KAFKA__SLOT__X: invalid type: map"),
        (
            "",
            &[("ADP_METRICS__HISTORY_SERVERS", "[\"http://me:secret@h\"]")],
            "ADP_METRICS__HISTORY_SERVERS: metrics.history_servers[0]: must not hold a user",
        ),
        (
            "[registry]\npassword = \"${NONE}\"",
            &[],
            "adp.toml:2: registry.password: failed to find the secret: the environment has no",
        ),
    ] {
        let found = refusal(text, variables);
        assert!(found.starts_with(expected), "{text:?} {variables:?}\n{found}");
    }
    let none = Settings::load(Some(Path::new("/nowhere.toml")), &Environment::default());
    assert_eq!(none.expect_err("no file").to_string(), "failed to read /nowhere.toml");
}

#[test]
fn the_environment_comes_over_the_file() {
    let settings = load(
        "[kafka]\nslot = 1\ngroup_prefix = \"mine\"",
        &[
            ("ADP_KAFKA__SLOT", "7"),
            ("ADP_KAFKA__SECURITY__PASSWORD", "123"),
            ("ADP_LOGS__ROOTS", "[\"/var/log\"]"),
            ("ADP_METRICS__THRESHOLDS__SKEW_RATIO", "3.5"),
            ("ADP_CHANNELS", "[{ name = \"t\", kind = \"terminal\" }]"),
            ("ADP_SERVICE_HOST", "10.0.0.1"),
            ("ADP_PORT", "tcp://10.0.0.1:80"),
        ],
    );
    let settings = settings.expect("all of them fit");
    assert_eq!(settings.kafka.slot, 7);
    assert_eq!(settings.kafka.group_prefix, "mine");
    assert_eq!(settings.kafka.security.password.reveal(), "123");
    assert_eq!(settings.logs.roots, [PathBuf::from("/var/log")]);
    assert_eq!(settings.metrics.thresholds.skew_ratio, 3.5);
    assert_eq!(settings.channels.len(), 1);
}

#[test]
fn explaining_names_every_origin_and_shows_no_secret() {
    let file = file(
        "[kafka]\nmode = \"remote\"\nbootstrap = \"k:9092\"\n\n[kafka.security]\n\
         protocol = \"sasl_ssl\"\nusername = \"adp\"\npassword = \"${KAFKA_PASSWORD}\"\n\n\
         [kafka.properties]\n\"client.rack\" = \"a\"\n\"ssl.key.pem\" = \"hunter2\"\n\n\
         [registry]\nurl = \"http://r\"\npassword = \"hunter2\"\n",
    );
    let env = Environment::of([("KAFKA_PASSWORD", "hunter2"), ("ADP_KAFKA__SLOT", "2")]);
    let (settings, explained) =
        Settings::load_explained(Some(&file.path), &env).expect("right settings");
    assert_eq!(settings.kafka.security.password.reveal(), "hunter2");
    let properties = settings.kafka.client_properties();
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        properties,
        [
            "client.rack=a",
            "sasl.mechanism=PLAIN",
            "sasl.password=hunter2",
            "sasl.username=adp",
            "security.protocol=sasl_ssl",
            "ssl.key.pem=hunter2",
        ]
    );
    let text = explained.to_string().replace(&file.path.display().to_string(), "adp.toml");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "kafka.bootstrap = \"k:9092\" # adp.toml:3",
        "kafka.partitions = 3 # default",
        "kafka.slot = 2 # ADP_KAFKA__SLOT",
        "kafka.security.password = \"***\" # adp.toml:8",
        "kafka.properties.client.rack = \"a\" # adp.toml:11",
        "kafka.properties.ssl.key.pem = \"***\" # adp.toml:12",
        "logs.roots = [] # default",
        "channels[1].path = \".adp/outbox\" # default",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{text}");
    }
    let json = serde_json::to_string(&explained).expect("plain data");
    for printed in [text, json, format!("{settings:?}")] {
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
