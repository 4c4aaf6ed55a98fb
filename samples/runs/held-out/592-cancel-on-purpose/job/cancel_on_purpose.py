import threading, time
from pyspark import InheritableThread
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("cancel-on-purpose").getOrCreate()
sc = spark.sparkContext
def preview():
    sc.setJobGroup("preview", "a look", True)
    try:
        sc.parallelize(range(200), 2).map(lambda v: time.sleep(1)).count()
    except Exception as e:
        print("preview dropped:", type(e).__name__)
t = InheritableThread(target=preview); t.start(); time.sleep(6); sc.cancelJobGroup("preview"); t.join()
print("rows", spark.range(1000).filter("id % 2 = 0").count())
spark.stop()
