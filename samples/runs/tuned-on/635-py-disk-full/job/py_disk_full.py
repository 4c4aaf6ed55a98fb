from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("py-disk-full").getOrCreate()
spark.range(300000).toPandas().to_csv("/srv/etl/635-py-disk-full/lake/exports/ids.csv", index=False)
