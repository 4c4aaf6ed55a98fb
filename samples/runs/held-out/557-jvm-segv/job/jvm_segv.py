from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("jvm-segv").getOrCreate()
for chunk in range(200):
    print("chunk", chunk, spark.range(2_000_000).selectExpr("sum(hash(id))").first()[0], flush=True)
