import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("fetch-recovered").getOrCreate()
def slow(it):
    for k, v in it:
        time.sleep(0.02)
        yield len(v)
print(spark.sparkContext.parallelize(range(40000), 4).map(lambda v: (v % 300, str(v))).groupByKey(10).mapPartitions(slow).sum())
spark.stop()
