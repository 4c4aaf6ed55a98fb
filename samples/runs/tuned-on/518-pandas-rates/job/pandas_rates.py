import pandas as pd
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("pandas-rates").getOrCreate()
rates = pd.read_parquet("/srv/etl/518-pandas-rates/lake/rates.parquet")
spark.createDataFrame(rates).createOrReplaceTempView("rates")
