from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("old-format-dates").getOrCreate()
d = spark.createDataFrame([("2023-01-05",), ("2023-1-6",)], ["booked_on"])
d.select(F.to_date("booked_on", "yyyy-MM-dd").alias("d")).groupBy("d").count().show()
