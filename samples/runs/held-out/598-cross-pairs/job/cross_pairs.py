from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("cross-pairs").getOrCreate()
a = spark.range(30000).select((F.col("id") % 20).alias("store"), F.col("id").alias("a"))
b = spark.range(30000).select((F.col("id") % 20).alias("store"), F.col("id").alias("b"))
print(a.join(b, "store").filter("a > b").count())
spark.stop()
