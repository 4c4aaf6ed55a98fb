import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("kill-executors").getOrCreate()
def slow(v):
    time.sleep(1)
    return v
print(spark.sparkContext.parallelize(range(200), 2).map(slow).sum())
