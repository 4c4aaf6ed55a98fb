from pyspark.sql import SparkSession
from pyspark.sql.types import *
spark = SparkSession.builder.appName("sensor-frame").getOrCreate()
rows = [(i, 20.0 + i % 7) for i in range(50)] + [(51, "21,5")]
schema = StructType([StructField("sensor", IntegerType()), StructField("temperature", DoubleType())])
frame = spark.createDataFrame(rows, schema)
frame.write.mode("overwrite").orc("/srv/etl/506-sensor-frame/lake/temps")
