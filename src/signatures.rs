//! The signatures that come with the program: every file of `signatures/`, in one visible list.
//!
//! `files` reads what operators have besides, `rules` lays that over the list.

mod files;
mod rules;

#[cfg(test)]
mod spark_conditions;

use adp_scanner::{Pack, PackError};

pub use files::PackFiles;
pub use rules::{Origin, Rulebook, Rules, RulesError, Verdict};

/// Loads the built-in pack; its examples are checked on the way.
pub fn built_in() -> Result<Pack, PackError> {
    Pack::from_toml_files(FILES.iter().copied())
}

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../signatures/", $name)))
    };
}

/// Name below `signatures/`, and text.
const FILES: &[(&str, &str)] = &[
    file!("schema/unresolved_column.toml"),
    file!("schema/field_not_found.toml"),
    file!("schema/attribute_not_supported.toml"),
    file!("schema/ambiguous_reference.toml"),
    file!("schema/duplicate_column.toml"),
    file!("schema/set_op_columns.toml"),
    file!("schema/insert_columns.toml"),
    file!("schema/parquet_conversion.toml"),
    file!("schema/merge_types.toml"),
    file!("schema/type_condition.toml"),
    file!("schema/sql_column_missing.toml"),
    file!("data/malformed_record.toml"),
    file!("data/corrupt_file.toml"),
    file!("data/cast_invalid_input.toml"),
    file!("data/arithmetic.toml"),
    file!("data/datetime_rebase.toml"),
    file!("input/path_not_found.toml"),
    file!("input/file_not_found.toml"),
    file!("input/table_not_found.toml"),
    file!("input/sql_relation_missing.toml"),
    file!("auth/local_permission.toml"),
    file!("auth/http_forbidden.toml"),
    file!("auth/token_expired.toml"),
    file!("output/path_exists.toml"),
    file!("output/mkdirs_failed.toml"),
    file!("memory/java_heap.toml"),
    file!("memory/terminating.toml"),
    file!("memory/gc_overhead.toml"),
    file!("memory/result_size.toml"),
    file!("memory/container_killed.toml"),
    file!("memory/executor_exit_137.toml"),
    file!("memory/executor_exit_52.toml"),
    file!("memory/python_memory_error.toml"),
    file!("memory/broadcast_build.toml"),
    file!("memory/spark_memory.toml"),
    file!("python/worker_exited.toml"),
    file!("python/worker_exception.toml"),
    file!("python/function_condition.toml"),
    file!("python/missing_module.toml"),
    file!("python/version_mismatch.toml"),
    file!("python/exception.toml"),
    file!("serialization/context_in_udf.toml"),
    file!("serialization/pickle.toml"),
    file!("serialization/task_not_serializable.toml"),
    file!("serialization/task_wrapper.toml"),
    file!("serialization/kryo_buffer.toml"),
    file!("environment/missing_data_source.toml"),
    file!("environment/library_condition.toml"),
    file!("environment/missing_class.toml"),
    file!("environment/java_package.toml"),
    file!("driver/py4j_network.toml"),
    file!("driver/jvm_crash.toml"),
    file!("driver/cancelled.toml"),
    file!("driver/cancel_announced.toml"),
    file!("driver/context_shut_down.toml"),
    file!("cluster/unreachable.toml"),
    file!("cluster/master_connect.toml"),
    file!("cluster/connection_refused.toml"),
    file!("cluster/heartbeat_timeout.toml"),
    file!("cluster/no_resources.toml"),
    file!("cluster/executor_lost.toml"),
    file!("cluster/executor_lost_failure.toml"),
    file!("infra/disk_full.toml"),
    file!("infra/too_many_open_files.toml"),
    file!("sql/broadcast_timeout.toml"),
    file!("sql/broadcast_too_large.toml"),
    file!("sql/plan_too_complex.toml"),
    file!("sql/parse_error.toml"),
    file!("sql/condition.toml"),
    file!("config/invalid.toml"),
    file!("config/condition.toml"),
    file!("config/unusable.toml"),
    file!("jdbc/connection_refused.toml"),
    file!("jdbc/auth_failed.toml"),
    file!("shuffle/fetch_failed.toml"),
    file!("shuffle/checkpoint_block_lost.toml"),
    file!("hdfs/safe_mode.toml"),
    file!("hdfs/standby.toml"),
    file!("hdfs/no_datanode.toml"),
    file!("hdfs/block_missing.toml"),
    file!("hdfs/lease_conflict.toml"),
    file!("hdfs/quota.toml"),
    file!("hdfs/rpc_failed.toml"),
    file!("hdfs/access_control.toml"),
    file!("auth/kerberos.toml"),
    file!("auth/delegation_token.toml"),
    file!("yarn/memory_exceeded.toml"),
    file!("yarn/container_memory_exceeded.toml"),
    file!("yarn/am_killed.toml"),
    file!("yarn/am_failed.toml"),
    file!("yarn/localization_failed.toml"),
    file!("yarn/disks_failed.toml"),
    file!("yarn/preempted.toml"),
    file!("yarn/node_lost.toml"),
    file!("yarn/killed.toml"),
    file!("yarn/am_timeout.toml"),
    file!("yarn/queue_unknown.toml"),
    file!("yarn/queue_denied.toml"),
    file!("yarn/queue_full.toml"),
    file!("yarn/resource_too_large.toml"),
    file!("yarn/waiting.toml"),
    file!("yarn/executors_failing.toml"),
    file!("kubernetes/oom_killed.toml"),
    file!("kubernetes/evicted_disk.toml"),
    file!("kubernetes/evicted_memory.toml"),
    file!("kubernetes/node_gone.toml"),
    file!("kubernetes/preempted.toml"),
    file!("kubernetes/image_pull.toml"),
    file!("kubernetes/start_failed.toml"),
    file!("kubernetes/unschedulable.toml"),
    file!("kubernetes/quota.toml"),
    file!("kubernetes/forbidden.toml"),
    file!("kubernetes/pod_deleted.toml"),
    file!("kubernetes/client_failed.toml"),
    file!("s3/access_denied.toml"),
    file!("s3/kms_denied.toml"),
    file!("s3/missing.toml"),
    file!("s3/throttled.toml"),
    file!("s3/token_expired.toml"),
    file!("s3/region_mismatch.toml"),
    file!("s3/clock_skew.toml"),
    file!("os/clock_skew.toml"),
    file!("s3/connection_pool.toml"),
    file!("gcs/forbidden.toml"),
    file!("gcs/missing.toml"),
    file!("gcs/throttled.toml"),
    file!("gcs/billing.toml"),
    file!("gcs/credentials.toml"),
    file!("abfs/forbidden.toml"),
    file!("abfs/missing.toml"),
    file!("abfs/throttled.toml"),
    file!("abfs/token.toml"),
    file!("network/unknown_host.toml"),
    file!("network/tls.toml"),
    file!("network/read_timeout.toml"),
    file!("network/connect_timeout.toml"),
    file!("network/connection_lost.toml"),
    file!("network/spark_connect_lost.toml"),
    file!("network/http_throttled.toml"),
    file!("network/http_unavailable.toml"),
    file!("network/proxy.toml"),
    file!("os/oom_killer.toml"),
    file!("os/segfault.toml"),
    file!("os/disk_failed.toml"),
    file!("os/inodes_full.toml"),
    file!("os/process_limit.toml"),
    file!("os/command_not_found.toml"),
    file!("dataproc/job_failed.toml"),
    file!("dataproc/agent_lost.toml"),
    file!("dataproc/init_action_failed.toml"),
    file!("gcp/quota.toml"),
    file!("cloud/capacity.toml"),
    file!("cloud/spot_lost.toml"),
    file!("emr/bootstrap_failed.toml"),
    file!("emr/step_failed.toml"),
    file!("emr/capacity.toml"),
    file!("glue/concurrency.toml"),
    file!("glue/resource_unavailable.toml"),
    file!("glue/timeout.toml"),
    file!("glue/job_failed.toml"),
    file!("glue/failure_reason.toml"),
    file!("databricks/driver_lost.toml"),
    file!("databricks/cluster_failed.toml"),
    file!("databricks/quota.toml"),
    file!("databricks/library_failed.toml"),
    file!("databricks/run_failed.toml"),
    file!("jdbc/unknown_database.toml"),
    file!("jdbc/unknown_table.toml"),
    file!("jdbc/unknown_column.toml"),
    file!("jdbc/denied.toml"),
    file!("jdbc/deadlock.toml"),
    file!("jdbc/lock_timeout.toml"),
    file!("jdbc/statement_timeout.toml"),
    file!("jdbc/too_many_connections.toml"),
    file!("jdbc/constraint_violation.toml"),
    file!("jdbc/value_rejected.toml"),
    file!("jdbc/read_only.toml"),
    file!("jdbc/ssl.toml"),
    file!("jdbc/unreachable.toml"),
    file!("jdbc/login_failed.toml"),
    file!("jdbc/connection_lost.toml"),
    file!("jdbc/warehouse_unavailable.toml"),
    file!("jdbc/sql_error.toml"),
    file!("delta/concurrent_write.toml"),
    file!("delta/schema_mismatch.toml"),
    file!("delta/column_missing.toml"),
    file!("delta/constraint.toml"),
    file!("delta/unsupported.toml"),
    file!("delta/log_corrupt.toml"),
    file!("delta/files_missing.toml"),
    file!("delta/merge_ambiguous.toml"),
    file!("delta/stream_source_changed.toml"),
    file!("delta/refused.toml"),
    file!("delta/table_missing.toml"),
    file!("iceberg/concurrent_write.toml"),
    file!("iceberg/files_missing.toml"),
    file!("iceberg/schema_mismatch.toml"),
    file!("iceberg/unsupported.toml"),
    file!("iceberg/catalog.toml"),
    file!("iceberg/forbidden.toml"),
    file!("iceberg/table_exists.toml"),
    file!("hudi/concurrent_write.toml"),
    file!("hudi/schema.toml"),
    file!("hudi/key_missing.toml"),
    file!("hudi/table_missing.toml"),
    file!("hudi/timeline.toml"),
    file!("hudi/write_failed.toml"),
    file!("table/constraint_violated.toml"),
    file!("table/write_refused.toml"),
    file!("metastore/unreachable.toml"),
    file!("metastore/lock_failed.toml"),
    file!("metastore/missing.toml"),
    file!("metastore/partition_mismatch.toml"),
    file!("metastore/ranger.toml"),
    file!("kafka/topic_unknown.toml"),
    file!("kafka/forbidden.toml"),
    file!("kafka/timeout.toml"),
    file!("kafka/unreachable.toml"),
    file!("kafka/offsets_lost.toml"),
    file!("kafka/record_too_large.toml"),
    file!("kafka/unavailable.toml"),
    file!("kafka/undecodable.toml"),
    file!("registry/refused.toml"),
    file!("registry/avro_types.toml"),
    file!("airflow/task_timeout.toml"),
    file!("airflow/heartbeat_lost.toml"),
    file!("airflow/sensor_timeout.toml"),
    file!("airflow/dag_import_error.toml"),
    file!("airflow/missing_connection.toml"),
    file!("airflow/missing_variable.toml"),
    file!("airflow/missing_xcom.toml"),
    file!("airflow/template_error.toml"),
    file!("airflow/upstream_failed.toml"),
    file!("airflow/state_changed.toml"),
    file!("airflow/stuck_in_queue.toml"),
    file!("airflow/process_killed.toml"),
    file!("airflow/pool_missing.toml"),
    file!("airflow/api_unavailable.toml"),
    file!("airflow/skipped.toml"),
    file!("airflow/operator_failed.toml"),
    file!("airflow/terminated.toml"),
    file!("dbt/compilation_error.toml"),
    file!("dbt/database_error.toml"),
    file!("dbt/test_failed.toml"),
    file!("dbt/project_invalid.toml"),
    file!("dbt/source_stale.toml"),
    file!("environment/install_failed.toml"),
    file!("streaming/query_failed.toml"),
    file!("streaming/query_terminated.toml"),
    file!("streaming/invalid_query.toml"),
    file!("streaming/checkpoint_incompatible.toml"),
    file!("streaming/refused_condition.toml"),
    file!("streaming/state_store_failed.toml"),
    file!("app/data_quality.toml"),
    file!("app/raised_in_query.toml"),
    file!("wrapper/py4j_java_error.toml"),
    file!("wrapper/job_aborted.toml"),
    file!("wrapper/task_write_failed.toml"),
    file!("wrapper/failed_read_file.toml"),
    file!("wrapper/boxed_exception.toml"),
    file!("wrapper/airflow_exception.toml"),
    file!("wrapper/user_query_failed.toml"),
    file!("wrapper/source_failed.toml"),
    file!("wrapper/internal_error.toml"),
    file!("sqlstate/unresolved_column.toml"),
    file!("sqlstate/type_mismatch.toml"),
    file!("sqlstate/table_not_found.toml"),
    file!("sqlstate/path_not_found.toml"),
    file!("sqlstate/already_exists.toml"),
    file!("sqlstate/cast_invalid_input.toml"),
    file!("sqlstate/arithmetic.toml"),
    file!("sqlstate/constraint_violated.toml"),
    file!("sqlstate/forbidden.toml"),
    file!("sqlstate/memory.toml"),
    file!("sqlstate/too_complex.toml"),
    file!("sqlstate/config_invalid.toml"),
    file!("sqlstate/connection_lost.toml"),
    file!("sqlstate/streaming.toml"),
    file!("lifecycle/spark_version.toml"),
    file!("lifecycle/application_id.toml"),
    file!("lifecycle/shutdown_hook.toml"),
    file!("lifecycle/context_stopping.toml"),
    file!("lifecycle/context_stopped.toml"),
    file!("lifecycle/shutdown_done.toml"),
    file!("lifecycle/job_started.toml"),
    file!("lifecycle/plan_relation.toml"),
    file!("lifecycle/setting_named.toml"),
    file!("lifecycle/job_finished.toml"),
    file!("lifecycle/job_failed.toml"),
    file!("lifecycle/stage_failed.toml"),
    file!("lifecycle/task_lost.toml"),
    file!("lifecycle/stage_gave_up.toml"),
    file!("lifecycle/write_committed.toml"),
    file!("lifecycle/exit_code.toml"),
    file!("lifecycle/airflow_state.toml"),
    file!("noise/native_hadoop.toml"),
    file!("noise/metadata_probe.toml"),
    file!("noise/local_dir_overridden.toml"),
    file!("noise/codegen_fallback.toml"),
    file!("noise/command_echo.toml"),
    file!("noise/task_killed_in_retry.toml"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_in_the_list() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("signatures");
        let mut on_disk = BTreeSet::new();
        for family in std::fs::read_dir(&root).expect("signatures/ is part of the project") {
            let family = family.expect("a readable folder");
            for file in std::fs::read_dir(family.path()).expect("a folder for each family") {
                let name = file.expect("a readable file").file_name();
                let family = family.file_name();
                on_disk.insert(format!("{}/{}", family.display(), name.display()));
            }
        }
        let listed: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(on_disk, listed);
    }

    #[test]
    fn ids_follow_the_file_names_and_examples_abound() {
        let pack = built_in().expect("the built-in pack loads");
        for ((name, _), signature) in FILES.iter().zip(pack.signatures()) {
            assert_eq!(format!("{}.toml", signature.id.replacen('.', "/", 1)), *name);
            assert!(signature.must_match.len() >= 2, "{name} needs two lines it must match");
            assert!(signature.must_not_match.len() >= 2, "{name} needs two near misses");
        }
    }

    #[test]
    fn no_signature_is_shadowed_in_its_own_examples() {
        let pack = built_in().expect("the built-in pack loads");
        for signature in pack.signatures() {
            for line in &signature.must_match {
                let report = adp_scanner::scan(&pack, line.as_bytes());
                assert!(
                    report.tallies.contains_key(&signature.id),
                    "{} is silent on {line:?}, where {:?} speak",
                    signature.id,
                    report.tallies.keys()
                );
            }
        }
    }
}
