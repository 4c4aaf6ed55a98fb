from pyspark import SparkConf, SparkContext
sc = SparkContext(conf=SparkConf().setAppName("text-dump"))
words = sc.parallelize(["a b", "b c", "c d"] * 100).flatMap(str.split).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)
words.saveAsTextFile("/srv/etl/532-text-dump/lake/words")
words.filter(lambda kv: kv[1] > 100).saveAsTextFile("/srv/etl/532-text-dump/lake/words")
