from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("create-again").getOrCreate()
for day in ("mon", "tue"):
    spark.range(10).selectExpr("id", f"'{day}' as day").write.saveAsTable("weekly_visits")
