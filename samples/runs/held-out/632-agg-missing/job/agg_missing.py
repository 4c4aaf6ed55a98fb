from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("agg-missing").getOrCreate()
spark.range(10).selectExpr("id", "id % 2 as g").createOrReplaceTempView("t")
spark.sql("select g, id, count(*) from t group by g").show()
