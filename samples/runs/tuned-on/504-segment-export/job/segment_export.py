from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.remote("local[2]").appName("segment-export").getOrCreate()
customers = spark.range(2000).select(F.col("id").alias("cust_id"), (F.col("id") % 3).alias("segment"))
out = customers.filter(F.col("cust_segment") == 1).groupBy("segment").count()
for row in out.collect():
    print(row)
