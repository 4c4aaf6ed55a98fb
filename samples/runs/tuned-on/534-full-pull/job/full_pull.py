from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("full-pull").getOrCreate()
big = spark.range(0, 3_000_000, 1, 6).select("id", F.sha2(F.col("id").cast("string"), 512).alias("h"), F.repeat(F.lit("x"), 100).alias("pad"))
frame = big.collect()
print(len(frame))
