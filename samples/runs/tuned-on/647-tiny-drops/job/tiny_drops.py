from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("tiny-drops").getOrCreate()
spark.read.schema("a int").json("/srv/etl/647-tiny-drops/lake/drops").repartition(300).write.json("/srv/etl/647-tiny-drops/lake/out")
spark.stop()
