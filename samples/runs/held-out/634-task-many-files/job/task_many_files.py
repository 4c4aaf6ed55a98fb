from pyspark import SparkContext
sc = SparkContext(appName="many-files")
print(sc.parallelize(range(200000), 2).map(lambda v: (v, 1)).partitionBy(1500).count())
