from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("foreach-batch").getOrCreate()
src = spark.readStream.format("rate").option("rowsPerSecond", 20).load()
def sink(df, batch_id):
    n = df.count()
    if batch_id >= 2:
        raise RuntimeError(f"sink refused {n} rows of batch {batch_id}")
    df.write.mode("append").parquet("/srv/etl/577-foreach-batch/lake/rates")
q = src.writeStream.foreachBatch(sink).option("checkpointLocation", "/srv/etl/577-foreach-batch/lake/cp").start()
q.awaitTermination()
