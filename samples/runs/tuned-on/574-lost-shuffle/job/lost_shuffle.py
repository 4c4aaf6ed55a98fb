import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("lost-shuffle").getOrCreate()
sc = spark.sparkContext
def slow(it):
    for k, v in it:
        time.sleep(0.05)
        yield len(v)
pairs = sc.parallelize(range(200000), 4).map(lambda v: (v % 300, str(v) * 5)).groupByKey(12)
print(pairs.mapPartitions(slow).sum())
