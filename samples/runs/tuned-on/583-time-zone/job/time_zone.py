from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("time-zone").getOrCreate()
spark.conf.set("spark.sql.session.timeZone", "Mars/Olympus")
spark.sql("select current_timestamp()").show()
