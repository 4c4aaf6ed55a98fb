//! Databases, in the words of their drivers.

use super::{CauseKind, Refined, Strength};
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, Credentials, DataFix, Infrastructure, Rerun, UpstreamContact,
};
use crate::stages::find_cause::run::{Run, Sighting};

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
        refine: lost_after_use,
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
    CauseKind {
        class: "jdbc.deadlock",
        what: "The database ended a transaction to resolve a deadlock.",
        mistaken_for: "The other transaction went on; both touch the same rows in different order.",
        says: "the database ended the transaction because of a deadlock",
        told_quietly: true,
        steps: &[
            (Rerun, "run again"),
            (
                ConfigChange,
                "write with fewer connections at once (numPartitions), or rows sorted by key",
            ),
            (Collect, "find the other writer of the same rows"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.lock_timeout",
        what: "A statement waited too long for a lock.",
        mistaken_for: "A long transaction of somebody else holds it.",
        says: "the database gave no lock {table|on the rows} in time",
        told_quietly: true,
        steps: &[
            (Collect, "find who holds the lock"),
            (Rerun, "run again after it"),
            (ConfigChange, "write in smaller batches, and not while maintenance runs"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.statement_timeout",
        what: "The database cancelled a statement that took too long.",
        mistaken_for: "The connection is fine.",
        says: "the database cancelled a statement that took too long",
        told_quietly: true,
        steps: &[
            (CodePatch, "read less at once: filter, partition the read, or use an index"),
            (ConfigChange, "raise the timeout of the statement"),
            (Collect, "look at the plan of the statement"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.too_many_connections",
        what: "The database takes no more connections.",
        mistaken_for: "It is reachable, and the credentials are right.",
        says: "the database takes no more connections{of_limit_hint|}",
        told_quietly: true,
        steps: &[
            (ConfigChange, "use fewer connections at once: numPartitions, pool sizes"),
            (Infrastructure, "raise the limit of the database, or put a pooler before it"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.constraint_violation",
        what: "A row breaks a constraint of the table.",
        mistaken_for: "A second try of a run that wrote half of its rows meets its own rows.",
        says: "a row breaks {key|a constraint} of {table|the table}{column_hint|}",
        told_quietly: true,
        steps: &[
            (DataFix, "look at the rows that break it; remove what a failed run left"),
            (
                CodePatch,
                "write so that running twice gives the same result: upsert, or delete before insert",
            ),
            (UpstreamContact, "tell upstream if the source has the duplicates"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.value_rejected",
        what: "The database does not take a value: too long, out of range, or of another type.",
        mistaken_for: "Only some rows have such a value.",
        says: "the database does not take a value{column_hint|}",
        told_quietly: true,
        steps: &[
            (DataFix, "look for the values that do not fit"),
            (CodePatch, "cast, cut or check the column before the write"),
            (ConfigChange, "widen the column"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.read_only",
        what: "The database takes no writes.",
        mistaken_for: "A replica, or the primary after a failover.",
        says: "the database takes no writes",
        told_quietly: true,
        steps: &[
            (ConfigChange, "use the address of the primary"),
            (Infrastructure, "check the failover, or whether the disk of the database is full"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.connection_lost",
        what: "The database ended a connection that was in use.",
        mistaken_for: "A restart, a failover, an idle timeout or an administrator.",
        says: "the database ended the connection{error_hint|}",
        strength: Strength::General,
        echo_of: &["jdbc.", "oom."],
        told_quietly: true,
        ceiling: 0.92,
        steps: &[
            (Collect, "look at the log of the database for that moment"),
            (Rerun, "run again"),
            (ConfigChange, "keep connections alive, and transactions short"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "jdbc.sql_error",
        what: "The database refuses a statement.",
        mistaken_for: "Its SQLSTATE or number tells the reason.",
        says: "the database refuses the statement{error_hint|}",
        echo_of: &["jdbc.", "schema.", "input.", "auth.", "network."],
        ceiling: 0.93,
        steps: &[
            (CodePatch, "correct the statement {at|of the job}"),
            (Collect, "look the error up in the manual of the database"),
        ],
        ..CauseKind::USUAL
    },
];

/// MySQL says the same of a connection that could not be made and of one that broke; only of the
/// latter does it tell when it last heard of the server.
fn lost_after_use(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if sighting.message().contains("The last packet successfully received from the server") {
        Refined::Other("jdbc.connection_lost")
    } else {
        Refined::Same
    }
}
