from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("cache-blowup").getOrCreate()
ev = spark.range(0, 12_000_000, 1, 2).select(F.lit(1).alias("tenant"), F.concat(F.lit("event-"), F.col("id").cast("string")).alias("e"))
spark.conf.set("spark.sql.adaptive.enabled", "false")
ev.groupBy("tenant").agg(F.collect_set("e").alias("es")).select(F.size("es")).show()
