from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("hot-key").getOrCreate()
ev = spark.range(0, 1_500_000, 1, 4).select(F.when(F.col("id") % 50 > 0, F.lit(7)).otherwise(F.col("id") % 5000).alias("acct"), F.md5(F.col("id").cast("string")).alias("h"))
acct = spark.range(5000).select(F.col("id").alias("acct"), F.concat(F.lit("n"), "id").alias("name"))
ev.join(acct, "acct").groupBy("name").agg(F.max("h")).agg(F.count("*")).show()
spark.stop()
