from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("h2-password").getOrCreate()
url = "jdbc:h2:file:/srv/etl/571-h2-password/lake/hr"
rows = spark.range(10).toDF("emp")
rows.write.jdbc(url, "emp", properties={"user": "sa", "password": "first", "driver": "org.h2.Driver"})
spark.read.jdbc(url, "emp", properties={"user": "sa", "password": "second", "driver": "org.h2.Driver"}).show()
