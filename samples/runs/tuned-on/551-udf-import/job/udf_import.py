import pandas as pd
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("udf-import").getOrCreate()
@F.pandas_udf("string")
def ascii_name(s: pd.Series) -> pd.Series:
    from unidecode_fast import unidecode
    return s.map(unidecode)
spark.range(10).select(F.concat(F.lit("n"), "id").alias("n")).select(ascii_name("n")).collect()
