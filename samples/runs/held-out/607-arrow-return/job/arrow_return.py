import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf
spark = SparkSession.builder.appName("arrow-return").getOrCreate()
@pandas_udf("double")
def price(s: pd.Series) -> pd.Series:
    return s.map(lambda v: "free" if v == 17 else v * 1.5)
spark.range(30).select(price("id").alias("p")).write.mode("overwrite").parquet("/srv/etl/607-arrow-return/lake/p")
