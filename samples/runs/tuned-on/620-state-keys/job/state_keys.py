from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("state-keys").getOrCreate()
spark.range(50).selectExpr("id", "cast(id % 5 as string) as g").write.mode("overwrite").parquet("/srv/etl/620-state-keys/lake/in")
src = spark.readStream.schema("id long, g string").parquet("/srv/etl/620-state-keys/lake/in")
def run(agg, n):
    agg.writeStream.outputMode("complete").format("memory").queryName(n).option("checkpointLocation", "/srv/etl/620-state-keys/lake/cp").trigger(availableNow=True).start().awaitTermination()
run(src.groupBy("g").count(), "one")
spark.range(50, 90).selectExpr("id", "cast(id % 5 as string) as g").write.mode("append").parquet("/srv/etl/620-state-keys/lake/in")
run(src.groupBy((F.col("id") % 7).alias("b")).count(), "two")
