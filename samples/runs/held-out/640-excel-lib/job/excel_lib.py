import pandas as pd
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("excel-lib").getOrCreate()
spark.range(10).toPandas().to_excel("/srv/etl/640-excel-lib/lake/x.xlsx")
