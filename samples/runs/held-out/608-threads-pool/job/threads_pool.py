from concurrent.futures import ThreadPoolExecutor, as_completed
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("threads-pool").getOrCreate()
RATES = {"EUR": 1.0, "USD": 1.1}
def convert(cur):
    if cur not in RATES:
        raise LookupError(f"no exchange rate for {cur}")
    return spark.range(100).selectExpr(f"sum(id * {RATES[cur]})").first()[0]
with ThreadPoolExecutor(2) as pool:
    for f in as_completed([pool.submit(convert, c) for c in ("EUR", "USD", "NOK")]):
        print(f.result())
