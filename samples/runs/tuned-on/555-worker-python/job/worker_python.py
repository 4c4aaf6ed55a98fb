from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("worker-python").getOrCreate()
print(spark.sparkContext.parallelize([1, 2, 3]).map(lambda v: v + 1).sum())
