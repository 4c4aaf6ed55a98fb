from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("late-worker").getOrCreate()
print(spark.range(1000).repartition(3).count())
spark.stop()
