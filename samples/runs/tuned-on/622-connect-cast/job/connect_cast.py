from pyspark.sql import SparkSession
spark = SparkSession.builder.remote("local[2]").getOrCreate()
spark.sql("select cast(concat(id, 'kg') as int) as w from range(9)").write.mode("overwrite").parquet("/srv/etl/622-connect-cast/lake/w")
