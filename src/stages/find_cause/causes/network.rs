//! Names, certificates, patience and load: services that are there and do not answer as wanted.

use super::{CauseKind, Strength};
use crate::records::root_cause::StepKind::{
    Collect, ConfigChange, Infrastructure, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "network.dns",
        what: "A host name does not resolve.",
        mistaken_for: "A service that is down refuses connections; here nobody knows its name.",
        says: "the host name {host|of a service} does not resolve",
        told_quietly: true,
        steps: &[
            (ConfigChange, "check the spelling of {host|the host} in settings and connections"),
            (
                Infrastructure,
                "check that the name server of the cluster knows {host|the host}; if it did a moment ago, run again",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.tls",
        what: "A TLS connection was refused: certificate, authority, host name or protocol.",
        mistaken_for: "It surfaces as a failed connection; the network itself is fine.",
        says: "the TLS connection{host_hint|} was refused{error_hint|}",
        steps: &[
            (
                Infrastructure,
                "renew the certificate if it expired, or give {host|the service} one for the name that is used",
            ),
            (
                ConfigChange,
                "add the authority that signed it to the truststore of driver and executors",
            ),
            (ConfigChange, "use the host name that stands in the certificate"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.throttled",
        what: "A service asks for fewer requests.",
        mistaken_for: "Retries hide it until they run out, and more executors make it worse.",
        says: "{path|the service} asks for fewer requests",
        told_quietly: true,
        ceiling: 0.95,
        steps: &[
            (
                ConfigChange,
                "lower the number of requests at once: fewer and larger files or tasks, more retries with growing pauses",
            ),
            (
                Infrastructure,
                "ask for a higher request limit, or spread the load over prefixes and time",
            ),
            (Rerun, "run again when the load is lower"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.service_unavailable",
        what: "A service answered that it cannot serve now.",
        mistaken_for: "A wrong request is answered with 4xx; this is the service itself.",
        says: "a service could not serve the request{error_hint|}",
        strength: Strength::General,
        ceiling: 0.93,
        steps: &[
            (Rerun, "run again: it is most often over in minutes"),
            (UpstreamContact, "ask the owners of the service, if it stays"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.timeout",
        what: "A service was reached and did not answer in time.",
        mistaken_for: "A stopped service refuses at once; this one is slow, frozen or behind a firewall.",
        says: "{host|a service} did not answer in time{error_hint|}",
        strength: Strength::General,
        echo_of: &[
            "oom.",
            "hdfs.",
            "metastore.",
            "network.dns",
            "network.cluster_unreachable",
            "kafka.",
        ],
        ceiling: 0.92,
        steps: &[
            (Infrastructure, "check the load and the health of {host|the service}"),
            (ConfigChange, "raise the timeout only if the work is known to take that long"),
            (Rerun, "run again"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.connection_lost",
        what: "A connection broke while it was used.",
        mistaken_for: "It follows from a peer that died, for its memory or a restart.",
        says: "a connection broke{error_hint|}",
        strength: Strength::Symptom,
        echo_of: &[
            "oom.",
            "jdbc.",
            "driver.",
            "infra.",
            "network.",
            "resource.preempted",
            "container.",
            "kafka.",
            "shuffle.",
        ],
        ceiling: 0.85,
        steps: &[
            (Collect, "look at the log of the other side for that moment"),
            (Rerun, "run again"),
        ],
        ..CauseKind::USUAL
    },
];
