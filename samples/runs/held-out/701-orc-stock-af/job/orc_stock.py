from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("orc-stock").getOrCreate()
spark.read.schema("sku string, qty int").orc("/srv/etl/517-orc-stock/lake/stock").groupBy("sku").sum("qty").show()
