from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("rdd-ratio").getOrCreate()
sc = spark.sparkContext
visits = sc.parallelize([(i % 7, (i, i % 11)) for i in range(500)])
ratio = visits.mapValues(lambda p: p[0] / p[1]).reduceByKey(max)
print(ratio.collect())
