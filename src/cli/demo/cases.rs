//! The failures that the demo shows: real runs of Spark 3.5 and 4.0, with the logs they left.

/// One failed run, and the job that failed.
pub struct Case {
    /// Names its folder and, with `.py`, its job.
    pub name: &'static str,
    /// The event as a producer sends it; `{case}` stands for the folder of the case.
    pub event: &'static str,
    /// How often the producer sends it.
    pub sent: usize,
    /// Text of the job; none where it lies in a repository that nobody has mapped.
    pub job: Option<&'static str>,
    /// What lies in the folder of the case.
    pub files: &'static [File],
}

/// A compressed file that comes with the program.
pub struct File {
    /// What it is called in the folder of the case; with `.zst` or `.gz` it stays compressed.
    pub name: &'static str,
    pub packed: &'static [u8],
}

macro_rules! asset {
    ($name:literal: $path:literal) => {
        File { name: $name, packed: include_bytes!(concat!("../../../demo/cases/", $path)) }
    };
}

macro_rules! case {
    ($name:literal, $files:expr) => {
        Case {
            name: $name,
            event: include_str!(concat!("../../../demo/cases/", $name, "/event.json")),
            sent: 1,
            job: Some(include_str!(concat!("../../../demo/cases/", $name, "/job.py"))),
            files: $files,
        }
    };
}

/// Every case, in the order in which the failures are published.
pub const CASES: [Case; 12] = [
    case!("orders_daily_revenue", &[asset!("driver.log": "orders_daily_revenue/driver.log.zst")]),
    case!("policy_archive", &[asset!("driver.log.gz": "policy_archive/driver.log.gz")]),
    case!("customer_360", &[asset!("driver.log": "customer_360/driver.log.zst")]),
    Case {
        // A producer that got no answer sends again; it must stay one failure.
        sent: 2,
        ..case!("email_clean", &[asset!("driver.log.zst": "email_clean/driver.log.zst")])
    },
    case!("churn_features", &[asset!("driver.log": "churn_features/driver.log.zst")]),
    Case {
        name: "route_costs",
        event: include_str!("../../../demo/cases/route_costs/event.json"),
        sent: 1,
        job: None,
        files: &[asset!("driver.log": "route_costs/driver.log.zst")],
    },
    case!(
        "event_enrich",
        &[
            asset!("driver.log": "event_enrich/driver.log.zst"),
            asset!("eventlog": "event_enrich/eventlog.zst"),
        ]
    ),
    case!(
        "session_cache",
        &[
            asset!("driver.log": "session_cache/driver.log.zst"),
            asset!("executor-0.log": "session_cache/executor-0.log.zst"),
            asset!("executor-1.log": "session_cache/executor-1.log.zst"),
            asset!("executor-2.log": "session_cache/executor-2.log.zst"),
            asset!("eventlog": "session_cache/eventlog.zst"),
        ]
    ),
    case!(
        "price_list_load",
        &[
            asset!("driver.log": "price_list_load/driver.log.zst"),
            asset!("eventlog": "price_list_load/eventlog.zst"),
        ]
    ),
    case!("inventory_snapshot", &[asset!("driver.log": "inventory_snapshot/driver.log.zst")]),
    case!("edge_probe", &[asset!("driver.log": "edge_probe/driver.log.zst")]),
    case!(
        "flaky_lookup",
        &[
            asset!("driver.log": "flaky_lookup/driver.log.zst"),
            asset!("eventlog": "flaky_lookup/eventlog.zst"),
        ]
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn list_and_folder_agree() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/cases");
        let names = |folder: &Path| -> BTreeSet<String> {
            let entries = std::fs::read_dir(folder).expect("the folder");
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
        };
        let listed: BTreeSet<String> = CASES.iter().map(|case| case.name.to_owned()).collect();
        assert_eq!(listed, names(&folder));
        for case in &CASES {
            let is_asset = |name: &str| !["event.json", "job.py"].contains(&name);
            let assets = names(&folder.join(case.name));
            let assets = assets.iter().filter(|name| is_asset(name)).count();
            assert_eq!(case.files.len(), assets, "{}", case.name);
        }
    }

    #[test]
    fn what_comes_with_the_program_is_small() {
        let files = CASES.iter().flat_map(|case| case.files);
        let bytes: usize = files.map(|file| file.packed.len()).sum();
        assert!(bytes < 1_500_000, "{bytes}");
    }
}
