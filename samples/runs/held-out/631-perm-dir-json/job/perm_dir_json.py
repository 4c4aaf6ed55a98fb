from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("perm-dir").getOrCreate()
spark.read.json("/srv/etl/631-perm-dir-json/lake/hr").show()
