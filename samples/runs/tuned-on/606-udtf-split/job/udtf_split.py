from pyspark.sql import SparkSession
from pyspark.sql.functions import udtf
spark = SparkSession.builder.appName("udtf-split").getOrCreate()
@udtf(returnType="k string, v string")
class Pairs:
    def eval(self, text: str):
        for item in text.split(";"):
            k, v = item.split("=")
            yield k, v
spark.udtf.register("pairs", Pairs)
spark.sql("select p.* from values ('a=1;b=2'), ('c=3;d') as t(s), lateral pairs(s) p").show()
