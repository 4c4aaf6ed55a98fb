from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("h2-no-jar").getOrCreate()
spark.read.jdbc("jdbc:h2:mem:x", "t", properties={"driver": "org.h2.Driver"}).show()
