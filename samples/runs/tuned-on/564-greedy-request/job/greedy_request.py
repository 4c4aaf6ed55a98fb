from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("greedy-request").getOrCreate()
print(spark.range(1000).repartition(4).count())
