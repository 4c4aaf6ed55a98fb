from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("pg-refused").getOrCreate()
spark.range(100).write.jdbc("jdbc:postgresql://127.0.0.1:5998/mart", "kpi", mode="append", properties={"user": "etl", "password": "x", "driver": "org.postgresql.Driver"})
