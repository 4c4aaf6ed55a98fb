from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("wrapped-chain").getOrCreate()
class Report:
    def __init__(self, s): self.s = s
    def margin(self):
        return self.s.sql("select sum(id / (id % 3)) as margin from range(30)").collect()
    def build(self):
        try:
            return self.margin()
        except Exception as e:
            raise RuntimeError("report could not be built") from e
Report(spark).build()
