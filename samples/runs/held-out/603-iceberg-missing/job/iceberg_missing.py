from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("iceberg-missing").getOrCreate()
spark.sql("create table lake.ops.jobs (id long, state string) using iceberg")
spark.sql("insert into lake.ops.jobs values (1, 'ok')")
spark.sql("select j.id from lake.ops.jobs j join lake.ops.job_owners o on o.id = j.id").show()
