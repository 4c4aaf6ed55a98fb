from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("webhook-parse").getOrCreate()
raw = spark.range(200).select(F.when(F.col("id") == 177, F.lit('{"event": "paid", "cents": ')).otherwise(F.lit('{"event": "paid", "cents": 100}')).alias("body"))
parsed = raw.select(F.from_json("body", "event string, cents int", {"mode": "FAILFAST"}).alias("j")).select("j.*")
print("total", parsed.agg(F.sum("cents")).first()[0])
