import logging, sys
from pyspark.sql import SparkSession
logging.basicConfig(format="[%(levelname)s] %(message)s", level=logging.INFO)
def total(rows):
    return sum(r["amount"] for r in rows)
spark = SparkSession.builder.appName("exit-message").getOrCreate()
try:
    rows = spark.sql("select if(id = 3, null, id) as amount from range(10)").collect()
    logging.info("total is %s", total(rows))
except Exception:
    logging.exception("could not sum up")
    spark.stop()
    sys.exit(4)
