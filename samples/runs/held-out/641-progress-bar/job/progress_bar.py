import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("progress").getOrCreate()
spark.sparkContext.setLogLevel("WARN")
spark.sparkContext.parallelize(range(12), 12).map(lambda v: time.sleep(1)).count()
print("finished with 0 failures")
