from functools import reduce
from pyspark.sql import SparkSession, DataFrame, functions as F
spark = SparkSession.builder.appName("feeds").getOrCreate()
feeds = [spark.range(5).withColumn("channel", F.lit("web")).withColumn("v", F.rand()), spark.range(5).withColumn("chan", F.lit("app")).withColumn("v", F.rand())]
all_feeds = reduce(DataFrame.unionByName, feeds)
all_feeds.show()
