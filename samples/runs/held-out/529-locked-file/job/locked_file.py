from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("locked-file").getOrCreate()
spark.read.csv("/srv/etl/529-locked-file/lake/salaries.csv", schema="emp int, pay int").agg({"pay": "avg"}).show()
