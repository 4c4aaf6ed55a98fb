from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("fstring-sql").getOrCreate()
spark.range(100).createOrReplaceTempView("orders")
wanted = [r.id for r in spark.sql("select id from orders where id > 200").collect()]
ids = ", ".join(str(w) for w in wanted)
spark.sql(f"select * from orders where id in ({ids})").show()
