import threading
import pandas as pd
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("lock-closure").getOrCreate()
guard = threading.RLock()
@F.pandas_udf("long")
def guarded(s: pd.Series) -> pd.Series:
    with guard:
        return s + 1
spark.range(10).select(guarded("id")).show()
