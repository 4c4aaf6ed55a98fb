from dataclasses import dataclass
from pyspark.sql import SparkSession
class DataQualityError(Exception):
    pass
@dataclass
class Expectation:
    name: str
    least: int
    def check(self, df):
        n = df.count()
        if n < self.least:
            raise DataQualityError(f"expectation {self.name} failed: {n} rows, at least {self.least} wanted")
spark = SparkSession.builder.appName("row-gate").getOrCreate()
Expectation("daily_orders_volume", 10_000).check(spark.range(812))
