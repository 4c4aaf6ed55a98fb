from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("gz clicks").getOrCreate()
clicks = spark.read.csv("/srv/etl/516-gz-clicks/lake/clicks.csv.gz", schema="user string, page string, ms long")
clicks.groupBy("page").count().orderBy("count", ascending=False).limit(5).show()
