import pandas as pd
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("tiny-limit").config("spark.sql.execution.arrow.pyspark.enabled", "true").getOrCreate()
pdf = spark.range(0, 400000, 1, 8).withColumn("u", F.uuid()).toPandas()
pdf.to_csv("/srv/etl/535-tiny-limit/lake/u.csv")
