from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("partitions-auto").getOrCreate()
spark.range(100).groupBy("id").count().show()
