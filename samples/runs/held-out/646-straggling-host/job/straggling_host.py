import time
from pyspark.sql import SparkSession
from pyspark import TaskContext
spark = SparkSession.builder.appName("straggling").getOrCreate()
def work(it):
    rows = list(it)
    time.sleep(45 if TaskContext.get().partitionId() == 4 else 1)
    return [len(rows)]
spark.range(0, 80000, 1, 8).write.parquet("/srv/etl/646-straggling-host/lake/in")
print(spark.read.parquet("/srv/etl/646-straggling-host/lake/in").rdd.mapPartitions(work).sum())
spark.stop()
