from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("file-handles").getOrCreate()
n = spark.range(1000).count()
parts = [open(f"/srv/etl/567-file-handles/lake/part-{i}.txt", "w") for i in range(n)]
for p in parts:
    p.close()
