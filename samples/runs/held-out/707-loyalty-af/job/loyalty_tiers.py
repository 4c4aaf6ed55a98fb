import logging
from pyspark.sql import SparkSession, functions as F
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
log = logging.getLogger("loyalty")

class TierJob:
    def __init__(self, spark):
        self.spark = spark
    def members(self):
        return self.spark.range(1000).withColumn("points", F.col("id") % 700)
    def tiers(self):
        m = self.members()
        log.info("members: %d", m.count())
        return m.withColumn("tier", F.when(m.points_balance > 500, "gold").otherwise("base"))

if __name__ == "__main__":
    spark = SparkSession.builder.appName("loyalty-tiers").getOrCreate()
    try:
        TierJob(spark).tiers().groupBy("tier").count().show()
    except Exception:
        log.exception("tier computation failed")
        raise
