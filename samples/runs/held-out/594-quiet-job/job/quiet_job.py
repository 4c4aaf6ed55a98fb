from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("quiet").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
print("exported", spark.range(77).count(), "errors: 0")
