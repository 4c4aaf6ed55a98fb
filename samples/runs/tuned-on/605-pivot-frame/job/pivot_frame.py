import pandas as pd
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("pivot-frame").getOrCreate()
a = spark.range(20).selectExpr("id % 4 as k", "id as v"); b = spark.range(8).selectExpr("id % 4 as k", "id * 1.1 as rate")
def combine(l: pd.DataFrame, r: pd.DataFrame) -> pd.DataFrame:
    return l.assign(v=l["v"] * r["fx"].mean())
a.groupBy("k").cogroup(b.groupBy("k")).applyInPandas(combine, "k long, v double").show()
