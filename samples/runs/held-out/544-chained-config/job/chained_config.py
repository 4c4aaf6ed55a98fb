from pyspark.sql import SparkSession
DEFAULTS = {"window": 7}
def setting(name):
    try:
        return DEFAULTS[name]
    except KeyError as e:
        raise RuntimeError("settings are unusable") from e
def main():
    spark = SparkSession.builder.appName("chained-config").getOrCreate()
    n = spark.range(1000).filter("id % 3 = 0").count()
    print("rows", n)
    keep = setting("retention_days")
    spark.range(n).limit(keep).show()
main()
