//! What the platforms around Spark say, and what we make of it.

use super::tests::{driver, told};

/// Logs of failed runs, and the class and sentence of each.
const RUNS: &[(&str, &str)] = &[
    (
        "26/11/23 10:00:00 INFO Client: Application report for application_1_0001 (state: FAILED)
26/11/23 10:00:00 INFO Client:
\t client token: N/A
\t diagnostics: Application application_1_0001 failed 2 times due to AM Container for appattempt_1_0001_000002 exited with  exitCode: -104
Failing this attempt.Diagnostics: [2026-11-23 10:00:00.000]Container [pid=81,containerID=container_1_0001_02_000001] is running 123456B beyond the 'PHYSICAL' memory limit. Current usage: 2.5 GB of 2.5 GB physical memory used; 4.4 GB of 5.3 GB virtual memory used. Killing container.
Exception in thread \"main\" org.apache.spark.SparkException: Application application_1_0001 finished with failed status
\tat org.apache.spark.deploy.yarn.Client.run(Client.scala:1327)
",
        "oom.container_killed",
    ),
    (
        "26/11/23 10:00:00 INFO LoggingPodStatusWatcherImpl: State changed, new state:
\t pod name: orders-driver
\t phase: Failed
\t container status:
\t\t container name: spark-kubernetes-driver
\t\t container state: terminated
\t\t exit code: 137
\t\t termination reason: OOMKilled
26/11/23 10:00:00 INFO LoggingPodStatusWatcherImpl: Application orders with submission ID etl:orders-driver finished
",
        "oom.container_killed",
    ),
    (
        "26/11/23 10:00:00 ERROR TaskSchedulerImpl: Lost executor 1 on 10.0.0.5:
The executor with id 1 exited with exit code 137(SIGKILL, possible container OOM).

The API gave the following container statuses:

\t container name: spark-kubernetes-executor
\t container state: terminated
\t exit code: 137
\t termination reason: OOMKilled
",
        "oom.executor_killed",
    ),
    (
        "26/11/23 10:00:00 INFO LoggingPodStatusWatcherImpl: State changed, new state:
\t container state: waiting
\t pending reason: ImagePullBackOff
26/11/23 10:02:00 ERROR Utils: Driver pod did not start
",
        "container.image_pull",
    ),
    (
        "10:00:04  Completed with 1 error and 0 warnings:
10:00:05  Database Error in model orders (models/mart/orders.sql)
10:00:05    deadlock detected
10:00:05    compiled code at target/run/shop/models/mart/orders.sql
",
        "jdbc.deadlock",
    ),
    (
        "10:00:05  Database Error in model orders (models/mart/orders.sql)
10:00:05    function to_dat(text) is not known
10:00:05  Done. PASS=4 WARN=0 ERROR=1 SKIP=2 TOTAL=7
",
        "dbt.database_error",
    ),
    (
        "10:00:09  Failure in test not_null_orders_customer_id (models/mart/schema.yml)
10:00:09    Got 12 results, configured to fail if != 0
",
        "dbt.test_failed",
    ),
    (
        "[2026-11-23T10:00:00.000+0000] {subprocess.py:106} INFO - bash: line 1: spark-submit: command not found
[2026-11-23T10:00:00.100+0000] {subprocess.py:110} INFO - Command exited with return code 127
[2026-11-23T10:00:00.200+0000] {taskinstance.py:3313} ERROR - Task failed with exception
Traceback (most recent call last):
  File \"/opt/airflow/lib/python3.11/site-packages/airflow/operators/bash.py\", line 276, in execute
    raise AirflowException(
airflow.exceptions.AirflowException: Bash command failed. The command returned a non-zero exit code 127.
",
        "env.command_not_found",
    ),
    (
        "[2026-11-23T10:00:00.000+0000] {local_task_job_runner.py:346} WARNING - State of this instance has been externally set to failed. Terminating instance.
[2026-11-23T10:00:00.100+0000] {taskinstance.py:3093} ERROR - Received SIGTERM. Terminating subprocesses.
[2026-11-23T10:00:00.200+0000] {taskinstance.py:3313} ERROR - Task failed with exception
Traceback (most recent call last):
  File \"/opt/airflow/lib/python3.11/site-packages/airflow/models/taskinstance.py\", line 768, in _execute_task
    result = _execute_callable(context=context)
  File \"/opt/airflow/lib/python3.11/site-packages/airflow/models/taskinstance.py\", line 3095, in signal_handler
    raise AirflowTaskTerminated(\"Task received SIGTERM signal\")
airflow.exceptions.AirflowTaskTerminated: Task received SIGTERM signal
",
        "airflow.state_changed",
    ),
    (
        "[2026-11-23T10:00:00.000+0000] {pod_manager.py:471} INFO - [base] loading
[2026-11-23T10:00:01.000+0000] {pod.py:1471} ERROR - Container 'base': state='TERMINATED', reason='OOMKilled', exit_code=137, message=''
[2026-11-23T10:00:02.000+0000] {taskinstance.py:3313} ERROR - Task failed with exception
Traceback (most recent call last):
  File \"/opt/airflow/lib/python3.11/site-packages/airflow/providers/cncf/kubernetes/operators/pod.py\", line 1436, in cleanup
    raise AirflowException(
airflow.exceptions.AirflowException: Pod orders-load-1a2b returned a failure.
",
        "oom.container_killed",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/etl/jobs/orders.py\", line 31, in <module>
    target.alias('t').merge(source.alias('s'), 't.id = s.id').whenMatchedUpdateAll().execute()
py4j.protocol.Py4JJavaError: An error occurred while calling o99.execute.
: io.delta.exceptions.ConcurrentAppendException: [DELTA_CONCURRENT_APPEND] ConcurrentAppendException: Files were added to partition [dt=2026-11-23] by a concurrent update. Please try the operation again.
\tat org.apache.spark.sql.delta.DeltaErrorsBase.concurrentAppendException(DeltaErrors.scala:2291)
",
        "table.concurrent_write",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/etl/jobs/orders.py\", line 12, in <module>
    df.write.jdbc(url, 'orders')
py4j.protocol.Py4JJavaError: An error occurred while calling o99.jdbc.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 1 times, most recent failure: Lost task 0.0 in stage 0.0 (TID 0) (localhost executor driver): java.sql.BatchUpdateException: Batch entry 0 INSERT INTO orders was aborted: ERROR: duplicate key value violates unique constraint \"orders_pkey\"  Detail: Key (id)=(1) already exists.  Call getNextException to see other errors in the batch.
\tat org.postgresql.jdbc.BatchResultHandler.handleError(BatchResultHandler.java:165)
Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint \"orders_pkey\"
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2713)
",
        "jdbc.constraint_violation",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/etl/jobs/rates.py\", line 8, in <module>
    rates = requests.get(URL, timeout=10)
requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)')))
",
        "network.tls",
    ),
    (
        "26/11/23 10:00:00 ERROR YarnScheduler: Lost executor 3 on w3: Container container_1_0001_01_000004 on host: w3 was preempted.
26/11/23 10:00:05 ERROR SparkContext: the job stops
",
        "resource.preempted",
    ),
    (
        "Nov 23 10:00:00 w3 kernel: [12345.678] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
Nov 23 10:00:00 w3 kernel: [12345.678] Out of memory: Killed process 4711 (java) total-vm:9876543kB, anon-rss:8123456kB, file-rss:0kB
",
        "oom.container_killed",
    ),
];

/// Logs of runs that worked, or that nothing here should make sick.
const WELL: &[&str] = &[
    "26/11/23 10:00:00 INFO SparkContext: Running Spark version 3.5.7
26/11/23 10:00:01 INFO S3AFileSystem: fs.s3a.retry: SlowDown, 403, AccessDenied and 503 are handled
26/11/23 10:00:02 ERROR YarnScheduler: Lost executor 3 on w3: Container container_1_0001_01_000004 on host: w3 was preempted.
26/11/23 10:00:03 INFO DAGScheduler: Got job 14 (parquet at NativeMethodAccessorImpl.java:0) with 1 output partitions
26/11/23 10:00:04 INFO DAGScheduler: Job 14 finished: parquet at NativeMethodAccessorImpl.java:0, took 2.0 s
26/11/23 10:00:05 INFO SparkContext: SparkContext is stopping with exitCode 0.
26/11/23 10:00:06 INFO SparkContext: Successfully stopped SparkContext
",
    "26/11/23 10:00:00 INFO SparkContext: Running Spark version 4.0.1
0/6 nodes are available: 6 Insufficient memory. preemption: 0/6 nodes are available
26/11/23 10:00:03 INFO DAGScheduler: Got job 14 (parquet at NativeMethodAccessorImpl.java:0) with 1 output partitions
26/11/23 10:00:04 INFO DAGScheduler: Job 14 finished: parquet at NativeMethodAccessorImpl.java:0, took 2.0 s
26/11/23 10:00:06 INFO SparkContext: Successfully stopped SparkContext
",
    "[2026-11-23T10:00:00.000+0000] {taskinstance.py:1226} INFO - Dependencies not met for <TaskInstance: orders.load manual [scheduled]>, dependency 'Trigger Rule' FAILED: Task's trigger rule 'all_success' requires all upstream tasks to have succeeded, but found 1 non-success(es).
[2026-11-23T10:00:07.937+0000] {taskinstance.py:1226} INFO - Marking task as SUCCESS. dag_id=orders
",
    "10:00:08  3 of 9 PASS unique_orders_id .......... [PASS in 0.10s]
10:00:09  Completed successfully
10:00:09  Done. PASS=9 WARN=0 ERROR=0 SKIP=0 TOTAL=9
",
];

#[test]
fn platforms_are_understood() {
    for (log, class) in RUNS {
        let cause = driver(Some(1), log);
        assert_eq!(cause.class, *class, "{log}{}", told(&cause));
    }
}

#[test]
fn what_a_platform_copes_with_is_no_cause() {
    for log in WELL {
        let cause = driver(None, log);
        assert!(["healthy", "unknown"].contains(&cause.class.as_str()), "{log}{}", told(&cause));
    }
}
