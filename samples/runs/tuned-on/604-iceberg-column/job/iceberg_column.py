from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("iceberg-column").getOrCreate()
spark.sql("create table lake.crm.leads (id long, mail string, score int) using iceberg")
spark.sql("alter table lake.crm.leads rename column mail to email")
spark.range(5).selectExpr("id", "'a@b' as mail", "1 as score").createOrReplaceTempView("fresh")
spark.sql("merge into lake.crm.leads t using fresh f on t.id = f.id when matched then update set t.mail = f.mail when not matched then insert *")
