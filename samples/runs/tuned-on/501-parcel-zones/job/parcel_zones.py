import sys
from pyspark.sql import SparkSession
import pyspark.sql.functions as F

spark = SparkSession.builder.appName("parcel-zones").getOrCreate()

def load_recipients(n):
    return (spark.range(n)
            .select(F.col("id").alias("recipient_id"),
                    F.struct((F.col("id") % 90 + 10000).cast("string").alias("zip_code"), F.lit("Ghent").alias("town")).alias("address")))

load_recipients(500).createOrReplaceTempView("recipients")
zones = spark.sql("""
    SELECT substr(address.postcode, 1, 2) AS zone, count(*) AS parcels
    FROM recipients
    GROUP BY 1
""")
zones.write.mode("overwrite").parquet("/srv/etl/501-parcel-zones/lake/zones")
