from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("h2-refused").getOrCreate()
stock = spark.read.jdbc("jdbc:h2:tcp://127.0.0.1:9399/~/stock", "stock", properties={"user": "sa", "driver": "org.h2.Driver"})
stock.groupBy("wh").count().show()
