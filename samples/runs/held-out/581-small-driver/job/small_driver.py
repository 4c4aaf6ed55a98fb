from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("small-driver").getOrCreate()
print(spark.range(5).count())
