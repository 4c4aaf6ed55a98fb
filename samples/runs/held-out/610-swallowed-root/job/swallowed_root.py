from pyspark.sql import SparkSession
from pyspark.sql.utils import AnalysisException
class PipelineError(Exception): pass
spark = SparkSession.builder.appName("swallowed-root").getOrCreate()
def load(day):
    try:
        return spark.read.parquet(f"/srv/etl/610-swallowed-root/lake/events/dt={day}")
    except AnalysisException as e:
        raise PipelineError(f"load of {day} failed: {e}") from None
load("2025-06-30").show()
