import time
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("slow-dimension").getOrCreate()
@F.udf("long")
def slow(v):
    time.sleep(0.4)
    return v
spark.conf.set("spark.sql.adaptive.enabled", "false")
dim = spark.range(100).select(slow("id").alias("k"))
print(spark.range(1000).join(F.broadcast(dim), F.col("id") == F.col("k")).count())
