//! What JVMs, Python and the jobs themselves say of their ends, and what we make of it.

use super::tests::driver;

const AT_WORK: &str = "26/11/23 10:00:00 INFO SparkContext: Running Spark version 4.0.1
26/11/23 10:00:03 INFO DAGScheduler: Got job 1 (count at NativeMethodAccessorImpl.java:0) with 1 output partitions
26/11/23 10:00:04 INFO DAGScheduler: Job 1 finished: count at NativeMethodAccessorImpl.java:0, took 2.0 s
";

/// What follows the work of a failed run, and its class.
const ENDS: &[(&str, &str)] = &[
    (
        "OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory(0x00000000c0000000, 1073741824, 0) failed; error='Not enough space' (errno=12)
#
# There is insufficient memory for the Java Runtime Environment to continue.
",
        "oom.driver",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/jobs/daily.py\", line 9, in <module>
    frame.count()
  File \"/srv/env/pyspark/sql/dataframe.py\", line 1240, in count
    return int(self._jdf.count())
  File \"/srv/env/py4j/java_gateway.py\", line 1036, in send_command
    self.socket.connect((self.address, self.port))
ConnectionRefusedError: [Errno 111] Connection refused
",
        "driver.jvm_died",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/jobs/daily.py\", line 9, in <module>
    connection.connect((host, port))
ConnectionRefusedError: [Errno 111] Connection refused
",
        "network.cluster_unreachable",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/jobs/daily.py\", line 9, in <module>
    both = left.unionByName(right)
  File \"/srv/env/pyspark/sql/dataframe.py\", line 2340, in unionByName
    return DataFrame(self._jdf.unionByName(other._jdf, allowMissingColumns), self.sparkSession)
pyspark.errors.exceptions.captured.AnalysisException: Cannot resolve column name \"channel\" among (id, chan, v).
",
        "schema.set_op_mismatch",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/jobs/daily.py\", line 9, in <module>
    once = frame.dropDuplicates([\"channel\"])
pyspark.errors.exceptions.captured.AnalysisException: Cannot resolve column name \"channel\" among (id, chan, v).
",
        "schema.unresolved_column",
    ),
    ("CHECK FAILED: qty is never negative\n", "app.data_quality"),
    ("the library is not installed: No module named 'prophet'\n", "env.missing_python_module"),
    (
        "/usr/bin/python3: can't open file '/srv/jobs/daily.py': [Errno 2] No such file or directory\n",
        "input.path_not_found",
    ),
    (
        "Traceback (most recent call last):
  File \"/srv/jobs/daily.py\", line 9, in <module>
    raise ValueError(f\"{n} duplicate keys found in {table}\")
ValueError: 12 duplicate keys found in orders
",
        "app.data_quality",
    ),
];

/// What runs that work say, too.
const IN_PASSING: &[&str] = &[
    "the library is not installed: No module named 'prophet'\n",
    "26/11/23 10:00:05 WARN Executor: Issue communicating with driver in heartbeater
org.apache.spark.rpc.RpcTimeoutException: Futures timed out after [10000 milliseconds]. This timeout is controlled by spark.executor.heartbeatInterval
\tat org.apache.spark.rpc.RpcTimeout.org$apache$spark$rpc$RpcTimeout$$createRpcTimeoutException(RpcTimeout.scala:47)
",
    "26/11/23 10:00:05 ERROR ContextCleaner: Error cleaning shuffle 12
java.util.concurrent.TimeoutException: Futures timed out after [120 seconds]
\tat scala.concurrent.impl.Promise$DefaultPromise.ready(Promise.scala:259)
",
    "26/11/23 10:00:05 ERROR RetryingBlockTransferor: Exception while beginning fetch of 1 outstanding blocks
",
];

#[test]
fn ends_of_processes_and_of_jobs() {
    for (end, class) in ENDS {
        assert_eq!(driver(Some(1), &format!("{AT_WORK}{end}")).class, *class, "{end}");
    }
}

#[test]
fn what_is_said_in_passing_makes_no_run_sick() {
    for said in IN_PASSING {
        let stopped = "26/11/23 10:00:06 INFO SparkContext: Successfully stopped SparkContext\n";
        let text = format!("{AT_WORK}{said}{stopped}");
        assert_eq!(driver(None, &text).class, "healthy", "{said}");
    }
}
