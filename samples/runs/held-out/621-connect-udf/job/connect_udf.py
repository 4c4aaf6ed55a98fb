from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.remote("local[2]").appName("connect-udf").getOrCreate()
@F.udf("string")
def shout(s):
    return s.upper() + 1
print(spark.createDataFrame([("a",), ("b",)], ["s"]).select(shout("s")).collect())
