from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("stream-udf").getOrCreate()
@F.udf("int")
def code(v):
    return int("4" * v + "x") if v > 3 else v
(spark.readStream.format("rate").option("rowsPerSecond", 5).load().select(code("value").alias("c"))
    .writeStream.format("noop").option("checkpointLocation", "/srv/etl/618-stream-udf/lake/cp").start().awaitTermination(60))
