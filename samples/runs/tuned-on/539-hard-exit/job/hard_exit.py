import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf
spark = SparkSession.builder.appName("hard-exit").getOrCreate()
@pandas_udf("double")
def score(v: pd.Series) -> pd.Series:
    import os
    if (v > 900).any():
        os._exit(7)
    return v * 0.5
spark.range(1000).select(score("id").alias("s")).agg({"s": "avg"}).show()
