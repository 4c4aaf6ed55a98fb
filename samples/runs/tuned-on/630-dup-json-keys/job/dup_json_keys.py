from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("dup-json").getOrCreate()
spark.sparkContext.parallelize(['{"id": 1, "Id": 2}', '{"id": 3}']).saveAsTextFile("/srv/etl/630-dup-json-keys/lake/j")
spark.read.json("/srv/etl/630-dup-json-keys/lake/j").show()
