from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("unit-cost").getOrCreate()
lots = spark.range(1000).select("id", (F.col("id") % 13).alias("units"), F.lit(12.5).alias("cost"))
per_unit = lots.withColumn("per_unit", F.col("cost") / F.col("units"))
per_unit.repartition(3).write.mode("overwrite").parquet("/srv/etl/521-unit-cost/lake/per_unit")
