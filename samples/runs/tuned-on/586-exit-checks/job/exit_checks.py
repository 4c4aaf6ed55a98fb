import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("exit-checks").getOrCreate()
df = spark.range(500).selectExpr("id", "if(id % 50 = 0, -1, id) as qty", "cast(id % 480 as string) as sku")
checks = {"qty is never negative": df.filter("qty < 0").count() == 0, "sku is unique": df.select("sku").distinct().count() == df.count(), "id is present": df.filter("id is null").count() == 0}
failed = [n for n, ok in checks.items() if not ok]
for name in failed:
    print(f"CHECK FAILED: {name}")
if failed:
    print(f"data quality: {len(failed)} of {len(checks)} checks failed, not publishing")
    spark.stop()
    sys.exit(2)
