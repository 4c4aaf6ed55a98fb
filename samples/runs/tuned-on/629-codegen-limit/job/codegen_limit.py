from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("codegen-limit").getOrCreate()
df = spark.range(100)
df = df.select("id", *[F.when(F.col("id") % (n + 2) == 0, F.col("id") * n).otherwise(F.hash(F.col("id") + n)).alias(f"c{n}") for n in range(900)])
df.agg(*[F.sum(f"c{n}") for n in range(900)]).collect()
