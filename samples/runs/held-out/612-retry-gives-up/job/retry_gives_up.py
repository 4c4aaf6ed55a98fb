import logging, time, urllib.request
from pyspark.sql import SparkSession
logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(levelname)s] %(message)s")
spark = SparkSession.builder.appName("retry-gives-up").getOrCreate()
def call(url, tries=3):
    for n in range(tries):
        try:
            return urllib.request.urlopen(url, timeout=2).read()
        except OSError as e:
            logging.warning("try %d of %d: %s", n + 1, tries, e)
            if n == tries - 1:
                raise
            time.sleep(0.3)
spark.range(10).count()
call("http://127.0.0.1:9871/ref/currencies")
