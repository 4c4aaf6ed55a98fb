from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("catalogue-load").getOrCreate()
df = (spark.read.option("header", True).option("mode", "FAILFAST").schema("sku string, stock int").csv("/srv/etl/514-catalogue-load/lake/catalogue.csv"))
df.write.mode("overwrite").partitionBy("stock").parquet("/srv/etl/514-catalogue-load/lake/catalogue") if df.count() < 10 else df.agg({"stock": "sum"}).show()
