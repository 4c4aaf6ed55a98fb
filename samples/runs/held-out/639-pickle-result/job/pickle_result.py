from pyspark import SparkContext
sc = SparkContext(appName="pickle-result")
print(sc.parallelize(range(4)).map(lambda v: (n for n in range(v))).collect())
