from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("watermark-join").getOrCreate()
a = spark.readStream.format("rate").load().withColumnRenamed("value", "k")
b = spark.readStream.format("rate").load().withColumnRenamed("value", "k")
a.join(b, "k", "left_outer").writeStream.format("console").outputMode("append").start().awaitTermination()
