from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("readonly-mart").getOrCreate()
spark.range(5000).repartition(2).write.mode("append").option("header", True).csv("/srv/etl/531-readonly-mart/lake/mart/daily")
