import pandas as pd
from typing import Iterator
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("limited-udf").getOrCreate()

def embed(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
    for batch in batches:
        table = bytearray(3_000_000_000)
        yield batch.assign(size=len(table))

spark.range(1000).mapInPandas(embed, "id long, size long").write.mode("overwrite").parquet("/srv/etl/537-limited-udf/lake/emb")
