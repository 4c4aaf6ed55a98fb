from pyspark import SparkContext
sc = SparkContext(appName="json-logs")
lines = sc.parallelize(["a,1", "b,2", "c"] * 5)
print(lines.map(lambda l: l.split(",")).map(lambda p: (p[0], int(p[1]))).reduceByKey(lambda a, b: a + b).collect())
