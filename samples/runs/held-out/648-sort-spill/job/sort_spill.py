from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("sort-spill").getOrCreate()
spark.range(3_000_000).select("id", F.sha2(F.col("id").cast("string"), 512).alias("h")).repartition(2, "id").sortWithinPartitions("h").write.mode("overwrite").format("noop").save()
spark.stop()
