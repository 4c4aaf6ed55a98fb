from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("delta-append").getOrCreate()
p = "/srv/etl/601-delta-append/lake/visits"
spark.range(10).selectExpr("id", "id * 2 as dur").write.format("delta").save(p)
spark.range(10).selectExpr("id", "array('n/a') as dur").write.format("delta").mode("append").save(p)
