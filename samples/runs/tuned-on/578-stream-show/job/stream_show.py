from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("stream-show").getOrCreate()
s = spark.readStream.format("rate").load()
s.groupBy("value").count().show()
