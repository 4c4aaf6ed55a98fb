from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("kafka-source").getOrCreate()
(spark.readStream.format("kafka").option("kafka.bootstrap.servers", "127.0.0.1:9092").option("subscribe", "orders").load()
    .writeStream.format("console").start().awaitTermination())
