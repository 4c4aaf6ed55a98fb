from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("broadcast-oom").getOrCreate()
dim = spark.range(4_000_000).select("id", F.sha2(F.col("id").cast("string"), 512).alias("h"))
print(spark.range(100).join(F.broadcast(dim), "id").count())
