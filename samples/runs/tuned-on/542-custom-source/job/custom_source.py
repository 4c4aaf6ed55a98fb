from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

class PagesReader(DataSourceReader):
    def partitions(self):
        return [InputPartition(i) for i in range(4)]
    def read(self, partition):
        cursor = {0: "a", 1: "b", 2: "c"}.get(partition.value)
        if cursor is None:
            raise ValueError(f"page {partition.value} has no cursor")
        yield (partition.value, cursor)

class Pages(DataSource):
    @classmethod
    def name(cls): return "pages"
    def schema(self): return "page int, cursor string"
    def reader(self, schema): return PagesReader()

spark = SparkSession.builder.appName("custom-source").getOrCreate()
spark.dataSource.register(Pages)
spark.read.format("pages").load().orderBy("page").show()
