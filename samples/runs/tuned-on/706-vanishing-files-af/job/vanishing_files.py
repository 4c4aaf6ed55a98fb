import glob, os
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("vanishing").getOrCreate()
df = spark.read.parquet("/srv/etl/526-vanishing-files/lake/landing")
print("columns", df.columns)
os.remove(sorted(glob.glob("/srv/etl/526-vanishing-files/lake/landing/*.parquet"))[2])
df.groupBy("k").sum("v").orderBy("k").write.mode("overwrite").parquet("/srv/etl/526-vanishing-files/lake/sums")
