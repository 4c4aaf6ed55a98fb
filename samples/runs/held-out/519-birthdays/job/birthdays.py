from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("birthdays").getOrCreate()
p = spark.range(3000).select("id", F.when(F.col("id") == 2999, "31/02/1999").otherwise("1999-02-03").alias("born"))
p.select(F.year(F.col("born").cast("date")).alias("y")).groupBy("y").count().write.csv("/srv/etl/519-birthdays/lake/years")
