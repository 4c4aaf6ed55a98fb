import json, pathlib, sys
from pyspark.sql import SparkSession

def manifest(day):
    with open(pathlib.Path("/srv/etl/525-manifest-read/lake") / "manifests" / f"{day}.json") as handle:
        return json.load(handle)["files"]

spark = SparkSession.builder.appName("manifest-read").getOrCreate()
print("range is", spark.range(100).count())
files = manifest("2025-09-09")
spark.read.text(files).count()
spark.stop()
