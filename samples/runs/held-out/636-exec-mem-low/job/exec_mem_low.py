from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("exec-mem-low").getOrCreate()
print(spark.range(10).count())
