from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("delta-extra").getOrCreate()
p = "/srv/etl/602-delta-extra-col/lake/visits"
spark.range(10).write.format("delta").save(p)
spark.range(10).selectExpr("id", "'x' as campaign").write.format("delta").mode("append").save(p)
