import logging
from pyspark.sql import SparkSession
from framework.steps import Step
logging.basicConfig(level=logging.INFO)
class Extract(Step):
    def transform(self, spark):
        return spark.range(10).count()
class Publish(Step):
    def publish(self, spark):
        pass
spark = SparkSession.builder.appName("class-hierarchy").getOrCreate()
for step in (Extract(), Publish()):
    step.run(spark)
