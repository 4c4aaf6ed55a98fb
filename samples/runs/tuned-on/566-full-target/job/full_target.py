from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("full-target").getOrCreate()
spark.range(600_000).select("id", F.sha2(F.col("id").cast("string"), 256).alias("h")).write.mode("overwrite").csv("/srv/etl/566-full-target/lake/out/hashes")
