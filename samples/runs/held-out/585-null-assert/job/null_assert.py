from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("null-assert").getOrCreate()
df = spark.range(1000).select(F.when(F.col("id") % 4 > 0, F.col("id")).alias("account"))
rate = df.filter("account is null").count() / df.count()
assert rate < 0.05, f"null rate of account is {rate:.0%}, validation failed"
