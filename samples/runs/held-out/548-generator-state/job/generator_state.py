from pyspark import SparkContext
sc = SparkContext(appName="generator-state")
out = open("/srv/etl/548-generator-state/lake/debug.txt", "w")
def trace(x):
    out.write(str(x))
    return x
sc.parallelize(range(10)).map(trace).count()
