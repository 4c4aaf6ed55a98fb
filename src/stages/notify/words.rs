//! How people say what records name.

use std::time::Duration;

use crate::records::diagnosis::{MetricsSource, MetricsVerdict};
use crate::runtime::Moment;

/// The class as a headline; a class we have no words for is read from its name.
pub fn class(class: &str) -> String {
    let words = match class {
        "schema.unresolved_column" => "column not found",
        "schema.type_mismatch" => "data has another type than expected",
        "schema.set_op_mismatch" => "columns of a union or insert do not match",
        "schema.ambiguous_reference" => "ambiguous column name",
        "schema.duplicate_column" => "duplicate column",
        "data.malformed_record" => "malformed record",
        "data.corrupt_file" => "corrupt file",
        "data.cast_invalid_input" => "value cannot be cast",
        "data.arithmetic" => "overflow or division by zero",
        "data.datetime_rebase" => "ancient dates need a calendar setting",
        "input.path_not_found" => "input path not found",
        "input.table_not_found" => "input table not found",
        "auth.permission_denied_input" => "not allowed to read the input",
        "auth.forbidden" => "access refused",
        "output.permission_denied" => "not allowed to write the output",
        "output.path_exists" => "output path already exists",
        "oom.driver" => "driver out of memory",
        "oom.driver_result_size" => "result too large for the driver",
        "oom.executor_heap" => "executor out of memory",
        "oom.executor_gc" => "executor out of memory (garbage collection)",
        "oom.executor_killed" => "executor killed for its memory",
        "oom.python_worker" => "Python worker out of memory",
        "python.worker_crash" => "Python worker crashed",
        "python.udf_exception" => "exception in a Python function",
        "jvm.driver_exception" => "exception in the job's Java or Scala code",
        "python.driver_exception" => "exception in the job's Python code",
        "serialization.spark_context_in_udf" => "Spark context used inside a function",
        "serialization.pickle" => "object cannot be pickled",
        "serialization.task_not_serializable" => "task cannot be serialized",
        "serialization.kryo_buffer" => "Kryo buffer too small",
        "env.missing_python_module" => "Python module missing",
        "env.missing_jar" => "library missing",
        "env.python_version_mismatch" => "Python versions differ",
        "driver.jvm_died" => "the driver's JVM died",
        "driver.killed" => "driver killed from outside",
        "job.cancelled" => "job cancelled",
        "network.cluster_unreachable" => "cluster unreachable",
        "network.heartbeat_timeout" => "executor stopped answering",
        "resource.not_available" => "cluster had no resources",
        "infra.disk_full" => "disk full",
        "infra.too_many_open_files" => "too many open files",
        "broadcast.timeout" => "broadcast timed out",
        "broadcast.too_large" => "broadcast too large",
        "plan.too_complex" => "query plan too complex",
        "jdbc.connection_refused" => "database refused the connection",
        "jdbc.auth_failed" => "database rejected the login",
        "shuffle.fetch_failed" => "shuffle data lost",
        "sql.parse_error" => "SQL does not parse",
        "streaming.query_failed" => "streaming query failed",
        "streaming.invalid_query" => "streaming query not allowed",
        "streaming.checkpoint_incompatible" => "checkpoint does not fit the query",
        "config.invalid" => "invalid setting",
        "app.data_quality" => "the job's own data check stopped it",
        "table.concurrent_write" => "another writer changed the table",
        "table.schema_enforcement" => "data does not fit the table's schema",
        "table.constraint_violated" => "row breaks a constraint of the table",
        "table.merge_ambiguous" => "merge matches several rows",
        "table.format_unsupported" => "table needs a newer library",
        "table.log_corrupt" => "table log damaged",
        "table.files_missing" => "files of the table are gone",
        "table.operation_refused" => "table refuses the operation",
        "streaming.source_changed" => "source of the stream changed",
        "schema.registry_refused" => "schema registry refuses",
        "network.dns" => "host name does not resolve",
        "network.tls" => "TLS connection refused",
        "network.throttled" => "service asks for fewer requests",
        "network.service_unavailable" => "service unavailable",
        "network.timeout" => "service did not answer in time",
        "network.connection_lost" => "connection lost",
        "resource.quota_exceeded" => "quota used up",
        "resource.preempted" => "machine taken back by the platform",
        "oom.container_killed" => "container killed for its memory",
        "container.image_pull" => "image cannot be pulled",
        "container.start_failed" => "container cannot be started",
        "infra.node_lost" => "node lost",
        "infra.disk_failed" => "disk failed",
        "infra.clock_skew" => "clocks differ",
        "infra.process_limit" => "too many processes or threads",
        "infra.cluster_start_failed" => "cluster could not start",
        "env.install_failed" => "library could not be installed",
        "env.command_not_found" => "command not found",
        "hdfs.unavailable" => "HDFS not available",
        "hdfs.block_missing" => "HDFS blocks missing",
        "hdfs.lease_conflict" => "another writer has the file",
        "metastore.unavailable" => "Hive metastore not available",
        "metastore.lock_failed" => "no lock from the metastore",
        "kafka.topic_unknown" => "Kafka topic not found",
        "kafka.offsets_lost" => "Kafka offsets are gone",
        "kafka.record_too_large" => "record too large for Kafka",
        "jdbc.deadlock" => "database deadlock",
        "jdbc.lock_timeout" => "no database lock in time",
        "jdbc.statement_timeout" => "database statement timed out",
        "jdbc.too_many_connections" => "too many database connections",
        "jdbc.constraint_violation" => "row breaks a database constraint",
        "jdbc.value_rejected" => "database rejects a value",
        "jdbc.read_only" => "database is read-only",
        "jdbc.connection_lost" => "database ended the connection",
        "jdbc.sql_error" => "database refuses the statement",
        "airflow.task_timeout" => "task ran too long for Airflow",
        "airflow.zombie" => "Airflow lost contact with the task",
        "airflow.sensor_timeout" => "sensor timed out",
        "airflow.dag_import_error" => "DAG cannot be loaded",
        "airflow.missing_connection" => "Airflow connection missing",
        "airflow.missing_variable" => "Airflow variable missing",
        "airflow.missing_xcom" => "XCom missing",
        "airflow.template_error" => "template cannot be rendered",
        "airflow.upstream_failed" => "upstream failed",
        "airflow.state_changed" => "task state changed from outside",
        "airflow.stuck_in_queue" => "task stuck in the queue",
        "dbt.compilation_error" => "dbt model does not compile",
        "dbt.database_error" => "database refused a dbt model",
        "dbt.test_failed" => "dbt test failed",
        "dbt.project_invalid" => "dbt project cannot be read",
        "dbt.source_stale" => "dbt source is stale",
        "perf.skew" => "skewed data",
        "perf.straggler" => "straggling task",
        "perf.spill" => "heavy spilling",
        "perf.small_files" => "too many small files",
        "perf.exploding_join" => "join multiplies its rows",
        "healthy" => "looks healthy",
        "unknown" => "cause unknown",
        other => return other.replace('.', ": ").replace('_', " "),
    };
    words.to_owned()
}

/// A probability as people say it.
pub fn confidence(confidence: f64) -> &'static str {
    match confidence {
        c if c >= 0.9 => "Almost certain",
        c if c >= 0.7 => "Likely",
        c if c >= 0.5 => "Plausible",
        _ => "A guess",
    }
}

pub fn percent(share: f64) -> String {
    format!("{:.0} %", share.clamp(0.0, 1.0) * 100.0)
}

pub fn metrics_verdict(verdict: MetricsVerdict) -> &'static str {
    match verdict {
        MetricsVerdict::Confirms => "confirm this",
        MetricsVerdict::Refutes => "overturned what the log suggested",
        MetricsVerdict::Explains => "explain it",
        MetricsVerdict::Silent => "neither confirm nor refute it",
        MetricsVerdict::Unconfirmed => "could not be asked",
    }
}

pub fn metrics_source(source: MetricsSource) -> &'static str {
    match source {
        MetricsSource::None => "Spark's metrics",
        MetricsSource::EventLog => "Spark's metrics (event log)",
        MetricsSource::HistoryServer => "Spark's metrics (History Server)",
    }
}

/// `3rd`, `11th`.
pub fn ordinal(n: i64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// In hours, or minutes where it is less than two hours.
pub fn span(span: Duration) -> String {
    match span.as_secs() / 60 {
        minutes if minutes < 120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    }
}

/// To the minute, in UTC.
pub fn time(moment: Moment) -> String {
    match jiff::Timestamp::from_millisecond(moment.0) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => moment.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_numbers_and_names() {
        let ordinals: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal).into();
        assert_eq!(ordinals.join(" "), "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 111th");
        assert_eq!(class("lake.commit_conflict"), "lake: commit conflict");
        assert_eq!(time(Moment(1_795_470_531_000)), "2026-11-23 21:48 UTC");
        assert_eq!((confidence(0.97), percent(0.974)), ("Almost certain", "97 %".to_owned()));
    }
}
