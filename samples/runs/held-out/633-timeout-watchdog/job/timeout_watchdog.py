import threading
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("watchdog").getOrCreate()
box = []
t = threading.Thread(target=lambda: box.append(spark.range(100).repartition(2).count()), daemon=True)
t.start(); t.join(40)
if not box:
    raise TimeoutError("count did not finish within 40 s")
