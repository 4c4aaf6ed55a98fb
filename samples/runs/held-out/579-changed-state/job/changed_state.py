import sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("changed-state").getOrCreate()
spark.range(50).selectExpr("id", "cast(id % 5 as string) as g").write.mode("overwrite").parquet("/srv/etl/579-changed-state/lake/in")
src = spark.readStream.schema("id long, g string").parquet("/srv/etl/579-changed-state/lake/in")
def run(agg):
    agg.writeStream.outputMode("complete").format("memory").queryName("t" + agg.columns[0]).option("checkpointLocation", "/srv/etl/579-changed-state/lake/cp").trigger(availableNow=True).start().awaitTermination()
run(src.groupBy("g").count())
spark.range(50, 90).selectExpr("id", "cast(id % 5 as string) as g").write.mode("append").parquet("/srv/etl/579-changed-state/lake/in")
run(src.groupBy("id", "g").agg(F.max("id").alias("m"), F.count("*").alias("c")))
