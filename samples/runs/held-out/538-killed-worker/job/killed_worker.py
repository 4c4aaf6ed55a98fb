from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("resample").getOrCreate()
sc = spark.sparkContext
def resample(rows):
    import os, signal
    buf = [r * 2 for r in rows]
    if len(buf) > 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return buf
print(sc.parallelize(range(1000), 4).mapPartitions(resample).sum())
