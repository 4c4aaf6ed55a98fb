from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("gateway-start").getOrCreate()
print(spark.version)
