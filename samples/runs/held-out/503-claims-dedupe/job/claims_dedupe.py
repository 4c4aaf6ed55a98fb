from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
claims = spark.createDataFrame([(1, "C-1", 10.0), (2, "C-1", 11.0), (3, "C-2", 5.5)], ["row_id", "claim_number", "paid"])
claims.dropDuplicates(["claim_no"]).write.mode("overwrite").json("/srv/etl/503-claims-dedupe/lake/claims")
