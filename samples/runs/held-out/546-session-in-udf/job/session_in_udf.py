from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("session-in-udf").getOrCreate()
paths = ["a", "b", "c"]
class Counter:
    def __init__(self, session): self.session = session
    def count(self, p): return self.session.range(len(p)).count()
c = Counter(spark)
print(spark.sparkContext.parallelize(paths).map(c.count).collect())
