import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("frozen").getOrCreate()
def slow(v):
    time.sleep(1)
    return v
print(spark.sparkContext.parallelize(range(300), 4).map(slow).count())
