import logging, time, urllib.request
from pyspark.sql import SparkSession
logging.basicConfig(level=logging.WARNING)
spark = SparkSession.builder.appName("http-retry").getOrCreate()
def rate():
    for attempt in range(3):
        try:
            return urllib.request.urlopen("http://127.0.0.1:9/rate", timeout=2).read()
        except OSError:
            logging.warning("attempt %d failed", attempt + 1, exc_info=True)
            time.sleep(.2)
    return b"1.0"
r = float(rate())
spark.range(10).selectExpr(f"sum(id * {r})").show()
spark.stop()
