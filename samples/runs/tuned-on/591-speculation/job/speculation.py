import time
from pyspark.sql import SparkSession
from pyspark import TaskContext
spark = SparkSession.builder.appName("speculation").getOrCreate()
def work(it):
    c = TaskContext.get()
    time.sleep(12 if c.partitionId() == 5 and c.attemptNumber() == 0 else 0.5)
    return [1]
print(spark.sparkContext.parallelize(range(6), 6).mapPartitions(work).sum())
spark.stop()
