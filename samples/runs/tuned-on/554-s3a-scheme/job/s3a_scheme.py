from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("s3a-scheme").getOrCreate()
spark.read.parquet("s3a://lake-prod/events/dt=2025-01-01").count()
