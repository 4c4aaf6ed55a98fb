from pyspark.sql import SparkSession
s = SparkSession.builder.appName("ledger-append").getOrCreate()
s.sql("create table ledger (account string, amount decimal(12,2), booked date) using parquet")
s.sql("insert into ledger select 'A1', 10.5, current_date()")
s.sql("insert into ledger select 'A2', 11.5, current_date(), 'EUR'")
s.table("ledger").show()
