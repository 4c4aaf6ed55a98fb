import pandas as pd
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("batch-shape").getOrCreate()
@F.pandas_udf("long")
def uniq(s: pd.Series) -> pd.Series:
    return pd.Series(s.unique())
spark.range(1000).select((F.col("id") % 10).alias("k")).select(uniq("k")).write.mode("overwrite").parquet("/srv/etl/541-batch-shape/lake/k")
