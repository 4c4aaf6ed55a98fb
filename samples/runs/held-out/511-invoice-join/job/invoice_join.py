from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("invoice-join").getOrCreate()
spark.sql("select 1 as inv, 'EUR' as currency, 10 as net").createOrReplaceTempView("inv")
spark.sql("select 'EUR' as currency, 1.1 as rate").createOrReplaceTempView("fx")
spark.sql("select inv, net * rate as usd, currency from inv join fx on inv.currency = fx.currency").show()
