//! Writing a pack, asking what is in force, and using it.

use super::{LAKE_LOG, LAKE_RULE, adp, json, printed, text, write};

#[test]
fn a_pack_is_tested_listed_shown_linted_and_used() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "pack/lake/quota.toml", LAKE_RULE);
    write(here, "driver.log", LAKE_LOG);
    let said = printed(here, &["rules", "test", "pack"], 0);
    assert!(said.starts_with("ok    pack/lake/quota.toml: 2 examples\n"), "{said}");
    let analysis = |arguments: &[&str]| {
        let all = [&["analyze", "driver.log", "--exit-code", "1"], arguments].concat();
        json(here, &all, 0)["diagnosis"]["class"].clone()
    };
    assert_ne!(analysis(&[]), "infra.disk_full");
    write(here, "adp.toml", "[rules]\npacks = [\"pack\"]\ndisable = [\"noise.*\"]\n");
    assert_eq!(analysis(&[]), "infra.disk_full");

    let rows = json(here, &["rules", "list", "--class", "infra.disk_full"], 0);
    let ids: Vec<&str> =
        rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!((ids.first(), ids.last()), (Some(&"infra.disk_full"), Some(&"lake.quota")));
    assert!(!ids.contains(&"memory.java_heap"));
    let off = printed(here, &["rules", "list", "--kind", "noise"], 0);
    assert!(off.contains("disabled") && !off.contains("lake"), "{off}");
    let shown = json(here, &["rules", "show", "lake.quota"], 0);
    assert_eq!(shown["rule"]["pack"], "pack");
    assert_eq!(shown["signature"]["captures"]["path"], "the zone");
    let page = printed(here, &["rules", "show", "lake.quota"], 0);
    for told in
        ["guarded by\n  \"LAKE-507\": \"", "must not match", "file           pack/lake/quota.toml"]
    {
        assert!(page.contains(told), "{told}\n{page}");
    }
    printed(here, &["rules", "lint", "--deny", "warnings"], 0);
    let missing = adp(here, &["rules", "show", "lake.none"]);
    assert_eq!(missing.status.code(), Some(2));

    write(here, "other/heap.toml", &LAKE_RULE.replace("lake.quota", "memory.java_heap"));
    let replaced = printed(here, &["rules", "list", "java_heap", "--pack", "other"], 0);
    assert!(replaced.contains("replaces signatures/memory/java_heap.toml"), "{replaced}");
}

#[test]
fn a_line_is_told_by_whom_it_is_matched_and_with_what() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "quota.toml", LAKE_RULE);
    let line = "26/11/23 10:00:00 ERROR LakeClient: LAKE-507 quota of zone b7 is used up";
    let tried = json(here, &["rules", "test", "quota.toml", "--line", line], 0);
    assert_eq!(tried["lines"][0]["matches"][0]["id"], "lake.quota");
    assert_eq!(tried["lines"][0]["matches"][0]["captures"]["path"], "b7");
    let said = printed(here, &["rules", "test", "quota.toml", "--line", "all is well"], 1);
    assert!(said.contains("no rule matches"), "{said}");
}

#[test]
fn every_file_that_is_wrong_is_told_at_once() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "pack/a.toml", &LAKE_RULE.replace("zone a is used up'", "zone a is full'"));
    write(here, "pack/b.toml", &LAKE_RULE.replace("infra.disk_full", "lake.full"));
    write(here, "pack/c.toml", LAKE_RULE);
    let said = printed(here, &["rules", "test", "pack"], 1);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[0].starts_with("FAIL  signature pack/a.toml") && lines[0].contains("must match"),
        "{said}"
    );
    assert!(lines[1].contains("lake.full, which no cause explains"), "{said}");
    assert!(lines[2].starts_with("ok    pack/c.toml"), "{said}");
    let clash = [("x/a.toml", LAKE_RULE), ("x/b.toml", LAKE_RULE)];
    clash.iter().for_each(|(name, rule)| write(here, name, rule));
    let said = printed(here, &["rules", "test", "x"], 1);
    assert!(said.contains("FAIL  signature x/b.toml is inconsistent"), "{said}");
}

#[test]
fn nothing_starts_on_a_pack_that_cannot_be_used() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "driver.log", LAKE_LOG);
    write(here, "pack/a.toml", &LAKE_RULE.replace("is used up'\n", "is used up ('\n"));
    write(here, "adp.toml", "[rules]\npacks = [\"pack\"]\n");
    for command in [&["serve"][..], &["analyze", "driver.log"], &["rules", "list"]] {
        let output = adp(here, command);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {error}");
        assert!(error.contains("error ADP0018: ") && error.contains("pack/a.toml"), "{error}");
        assert!(error.contains("unclosed group"), "the reason is there: {error}");
        assert!(output.stdout.is_empty());
    }
    let checked = printed(here, &["check"], 1);
    assert!(checked.contains("FAIL  rules: failed to compile the regex"), "{checked}");
    printed(here, &["rules", "list", "--disable", "noise.nothing"], 2);
}

#[test]
fn the_dearest_rules_are_told_with_what_they_cost() {
    let here = tempfile::tempdir().expect("a folder");
    let here = here.path();
    write(here, "driver.log", &LAKE_LOG.repeat(20));
    let bench = json(here, &["rules", "bench", "driver.log"], 0);
    assert_eq!(bench["lines"], 140);
    assert!(bench["scan_mb_per_second"].as_f64().is_some_and(|speed| speed > 0.0));
    let first = &bench["costs"][0];
    assert!(first["tried"].as_u64() >= first["matched"].as_u64(), "{first}");
    let said = printed(here, &["rules", "bench", "driver.log", "--top", "1"], 0);
    assert_eq!(said.lines().count(), 6, "{said}");
    printed(here, &["rules", "bench", "none.log"], 2);
}
