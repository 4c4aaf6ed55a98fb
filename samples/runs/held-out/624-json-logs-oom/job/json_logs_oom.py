from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("json-logs-oom").getOrCreate()
spark.range(0, 4, 1, 4).select(F.expr("repeat('0123456789', 40000000)").alias("doc")).select(F.expr("length(concat(doc, reverse(doc)))").alias("n")).agg(F.sum("n")).show()
