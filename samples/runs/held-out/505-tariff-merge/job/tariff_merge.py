from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("tariff_merge").config("spark.sql.parquet.mergeSchema", "true").getOrCreate()
t = spark.read.parquet("/srv/etl/505-tariff-merge/lake/tariffs")
t.groupBy("tariff").avg("price").show()
