import threading, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("job-group").getOrCreate()
sc = spark.sparkContext
sc.setJobGroup("nightly", "nightly aggregates", interruptOnCancel=True)
threading.Timer(6, lambda: sc.cancelJobGroup("nightly")).start()
def slow(v):
    time.sleep(0.5)
    return v
print(sc.parallelize(range(400), 4).map(slow).sum())
