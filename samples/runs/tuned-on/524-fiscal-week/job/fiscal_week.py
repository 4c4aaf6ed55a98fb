from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("fiscal-week").getOrCreate()
spark.sql("select date_format(timestamp_seconds(id * 86400), 'YYYY-ww') as wk, count(*) c from range(400) group by 1").show(5)
