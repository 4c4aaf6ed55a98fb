from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
north = spark.range(10).select("id", F.create_map(F.lit("k"), F.col("id")).alias("extra"))
south = spark.range(10).select("id", F.lit(5).alias("extra"))
both = north.union(south)
both.write.parquet("/srv/etl/509-region-union/lake/both")
