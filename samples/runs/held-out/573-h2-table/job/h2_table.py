from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("h2-table").getOrCreate()
opts = dict(url="jdbc:h2:mem:erp", user="sa", password="", driver="org.h2.Driver")
inv = spark.read.format("jdbc").options(**opts, query="select region, sum(net) s from invoices_2025 group by region").load()
inv.write.mode("overwrite").parquet("/srv/etl/573-h2-table/lake/inv")
