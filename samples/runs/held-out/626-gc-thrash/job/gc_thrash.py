from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("gc-thrash").getOrCreate()
spark.range(0, 9_000_000, 1, 1).groupBy(F.lit(1)).agg(F.collect_set("id").alias("s")).select(F.size("s")).show()
