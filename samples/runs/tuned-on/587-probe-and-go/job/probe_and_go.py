import traceback
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("probe").getOrCreate()
for day in ("d1", "d2"):
    try:
        spark.read.parquet("/srv/etl/587-probe-and-go/lake/" + day).count()
    except Exception:
        traceback.print_exc()
        spark.range(10).write.parquet("/srv/etl/587-probe-and-go/lake/" + day)
print("done")
spark.stop()
