from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("full-scratch").getOrCreate()
spark.range(3_000_000).select("id", F.sha2(F.col("id").cast("string"), 256).alias("h")).repartition(6, "h").sortWithinPartitions("h").agg(F.max("h")).show()
