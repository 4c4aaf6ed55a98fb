from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("manager_chain").getOrCreate()
emp = spark.createDataFrame([(1, None), (2, 1), (3, 1)], "emp_id int, manager_id int")
boss = emp.filter("manager_id is null")
pairs = emp.join(boss, emp["manager_id"] == boss["emp_id"]).select(emp["emp_id"], boss["emp_id"])
pairs.show()
