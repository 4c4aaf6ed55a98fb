import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("guarded-import").getOrCreate()
try:
    from prophet import Prophet
except ImportError as e:
    raise SystemExit(f"the forecasting library is not installed: {e}")
spark.range(1).show()
