//! Databases behind JDBC.

use super::CauseKind;
use crate::records::root_cause::StepKind::{ConfigChange, Credentials, Infrastructure};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "jdbc.connection_refused",
        what: "The database cannot be reached.",
        mistaken_for: "A refused connection to the cluster looks alike in the innermost exception.",
        says: "the database at {host|its address} cannot be reached",
        steps: &[
            (Infrastructure, "check that the database runs and is reachable from the cluster"),
            (ConfigChange, "check host and port in the JDBC URL"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.auth_failed",
        what: "The database rejects user or password.",
        mistaken_for: "It is reachable: only the credentials are wrong.",
        says: "the database rejects the job's credentials",
        steps: &[(Credentials, "renew the database password of the job")],
        ..CauseKind::USUAL
    },
];
