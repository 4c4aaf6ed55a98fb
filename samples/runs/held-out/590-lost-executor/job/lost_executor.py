import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("lost-executor").getOrCreate()
def slow(v):
    time.sleep(0.3)
    return v
print(spark.sparkContext.parallelize(range(60), 6).map(slow).sum())
spark.stop()
