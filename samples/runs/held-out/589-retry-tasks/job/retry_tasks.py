from pyspark.sql import SparkSession
from pyspark import TaskContext
spark = SparkSession.builder.appName("retry-tasks").getOrCreate()
def flaky(it):
    if TaskContext.get().attemptNumber() == 0 and TaskContext.get().partitionId() in (1, 3):
        raise ConnectionError("rate service answered 503")
    return [sum(it)]
print(spark.sparkContext.parallelize(range(100), 4).mapPartitions(flaky).collect())
spark.stop()
