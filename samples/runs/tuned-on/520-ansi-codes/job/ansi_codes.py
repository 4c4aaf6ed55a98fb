from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("ansi-codes").getOrCreate()
spark.sql("select if(id = 77, 'SW1A', cast(id as string)) as code from range(100)").createOrReplaceTempView("codes")
rows = spark.sql("select int(code) div 10 as district, count(*) as n from codes group by 1").collect()
print(len(rows))
