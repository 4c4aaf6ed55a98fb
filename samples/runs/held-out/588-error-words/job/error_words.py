import logging
from pyspark.sql import SparkSession, functions as F
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s - %(message)s")
log = logging.getLogger("ticket.stats")
spark = SparkSession.builder.appName("ticket-stats").getOrCreate()
t = spark.createDataFrame([("java.lang.OutOfMemoryError: Java heap space", 4), ("FetchFailedException", 2), ("ModuleNotFoundError: No module named 'x'", 9)], "subject string, n int")
for r in t.collect():
    log.error("top complaint: %s (%d tickets)", r.subject, r.n)
    log.critical("FATAL for customer: Connection refused; Permission denied; 403 Forbidden")
t.show(truncate=False)
