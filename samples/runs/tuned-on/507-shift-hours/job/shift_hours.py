from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("shift hours").getOrCreate()
spark.sql("select 1 as emp, named_struct('h', 8, 'm', 30) as start_at, 17 as end_at").createOrReplaceTempView("shifts")
spark.sql("select emp, end_at - start_at as worked from shifts").show()
