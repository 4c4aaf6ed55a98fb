from pyspark.sql import SparkSession, functions as F
import sys, traceback
spark = SparkSession.builder.appName("udf-fallback").getOrCreate()
@F.udf("int")
def parse(s):
    try:
        return int(s)
    except ValueError:
        traceback.print_exc(file=sys.stderr)
        return None
print(spark.createDataFrame([("1",), ("x",), ("3",)], ["s"]).select(parse("s").alias("n")).agg(F.sum("n")).first())
spark.stop()
