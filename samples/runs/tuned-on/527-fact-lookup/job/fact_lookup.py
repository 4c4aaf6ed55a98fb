from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("fact-lookup").getOrCreate()
spark.sql("create database if not exists finance")
spark.sql("create table finance.actuals using parquet as select id, id * 2 as v from range(50)")
def variance():
    return spark.table("finance.actuals").join(spark.table("finance.budget_2025"), "id")
variance().show()
