import subprocess
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("audit-row").getOrCreate()
n = spark.range(100).count()
subprocess.run(["psql", "-h", "127.0.0.1", "-p", "5999", "-U", "etl", "-c", f"insert into audit values ({n})"], check=True)
