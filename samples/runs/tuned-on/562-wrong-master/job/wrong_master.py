from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("wrong-master").getOrCreate()
print(spark.range(10).count())
