from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("bad-fraction").getOrCreate()
print(spark.range(10).count())
