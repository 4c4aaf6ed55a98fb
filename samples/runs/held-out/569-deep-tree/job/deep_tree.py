from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("deep-tree").getOrCreate()
cond = " + ".join(f"(id % {n})" for n in range(2, 6000))
spark.sql(f"select {cond} as score from range(10)").agg({"score": "max"}).show()
