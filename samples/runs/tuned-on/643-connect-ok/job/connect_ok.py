from pyspark.sql import SparkSession
from pyspark.errors import AnalysisException
spark = SparkSession.builder.remote("local[2]").getOrCreate()
try:
    spark.table("cache_today").count()
except AnalysisException as e:
    print("no cache:", e.getCondition())
print(spark.range(100).selectExpr("sum(id)").first())
spark.stop()
