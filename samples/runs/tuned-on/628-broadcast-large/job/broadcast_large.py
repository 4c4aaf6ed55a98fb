from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("broadcast-large").getOrCreate()
dim = spark.range(400_000).select("id", F.md5(F.col("id").cast("string")).alias("h"))
print(spark.range(100).join(F.broadcast(dim), "id").count())
