from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("stream-batch").getOrCreate()
spark.range(100).write.parquet("/srv/etl/593-stream-batch/lake/in")
q = spark.readStream.schema("id long").parquet("/srv/etl/593-stream-batch/lake/in").groupBy((__import__("pyspark").sql.functions.col("id") % 3).alias("m")).count().writeStream.outputMode("complete").format("console").option("checkpointLocation", "/srv/etl/593-stream-batch/lake/cp").trigger(availableNow=True).start()
q.awaitTermination()
spark.stop()
