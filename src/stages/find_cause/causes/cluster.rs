//! The cluster: reached, answering, giving.

use super::{CauseKind, Refined, Strength};
use crate::records::root_cause::StepKind::{Collect, ConfigChange, Infrastructure};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "network.cluster_unreachable",
        what: "The cluster, or a service the job needs, cannot be reached.",
        mistaken_for: "A driver that lost its executors after a crash sees refused connections, too.",
        says: "{host|a host that the job needs} cannot be reached",
        strength: Strength::Symptom,
        echo_of: &["oom.", "jdbc.", "driver.jvm_died", "auth."],
        ceiling: 0.95,
        steps: &[
            (Infrastructure, "check that {host|the host} runs and is reachable from the driver"),
            (ConfigChange, "check the address in the settings"),
        ],
        refine: who_refuses,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "network.heartbeat_timeout",
        what: "An executor stopped answering: frozen, or busy with garbage collection.",
        mistaken_for: "Memory pressure shows itself as silence before it shows as an error.",
        says: "{an_executor|an executor} sent no heartbeat for {actual|too long}",
        echo_of: &["oom."],
        ceiling: 0.93,
        steps: &[
            (Collect, "look at the executor's log and garbage collection times"),
            (ConfigChange, "raise spark.network.timeout only if the pauses are known and harmless"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "resource.not_available",
        what: "The cluster never gave the job the executors that it asked for.",
        mistaken_for: "An executor that dies at start looks the same from the driver; its own log tells why.",
        says: "the cluster gave no resources to the job",
        echo_of: &["config.invalid", "resource.quota_exceeded", "container."],
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (Infrastructure, "check the free capacity and the queue of the cluster"),
            (ConfigChange, "ask for executors that fit on a node"),
            (Collect, "look at the executors' own logs"),
        ],
        ..CauseKind::USUAL
    },
];

/// Refused on the way from Python to its own JVM: no host is out of reach, the JVM is gone. Refused
/// below a JDBC driver's exception: it is the database.
fn who_refuses(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let innermost = sighting.thrown().and_then(|thrown| thrown.frames.last());
    if innermost.is_some_and(|frame| frame.file.contains("py4j")) {
        return Refined::Other("driver.jvm_died");
    }
    let mut chain = sighting.trace().into_iter().flat_map(|trace| &trace.chain);
    let is_jdbcs = |exception: &str| {
        let name = exception.rsplit('.').next().unwrap_or_default();
        name.starts_with("Jdbc") || (name.starts_with("SQL") && exception.starts_with("java.sql."))
    };
    if chain.any(|thrown| is_jdbcs(&thrown.exception)) {
        Refined::Other("jdbc.connection_refused")
    } else {
        Refined::Same
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::stages::find_cause::tests::check;

    #[test]
    fn a_gateway_that_refuses_python_is_a_jvm_that_died() {
        let refused = |at: &str| {
            format!(
                "26/11/23 17:25:38 INFO SparkContext: Running Spark version 4.1.1\n\
                 Traceback (most recent call last):\n  File \"/srv/jobs/daily.py\", line 4, in <module>\n    run(spark)\n  \
                 File \"{at}\", line 438, in connect\n    self.socket.connect((self.address, self.port))\n\
                 ConnectionRefusedError: [Errno 111] Connection refused\n"
            )
        };
        check(
            &refused("/opt/venv/lib/python3.11/site-packages/py4j/clientserver.py"),
            expect!["driver.jvm_died at line 7, sure: the driver's JVM went away"],
        );
        check(
            &refused("/usr/lib/python3.11/http/client.py"),
            expect![
                "network.cluster_unreachable at line 7, sure: a host that the job needs cannot be reached"
            ],
        );
    }
}
