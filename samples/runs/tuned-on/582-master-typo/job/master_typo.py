from pyspark.sql import SparkSession
SparkSession.builder.appName("master-typo").getOrCreate().range(5).show()
