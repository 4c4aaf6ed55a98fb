import threading, urllib.request, http.server
from pyspark.sql import SparkSession
class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(403); self.end_headers()
    def log_message(self, *a): pass
srv = http.server.HTTPServer(("127.0.0.1", 0), Api); port = srv.server_port
threading.Thread(target=srv.serve_forever, daemon=True).start()
spark = SparkSession.builder.appName("geo-lookup").getOrCreate()
def locate(rows):
    for r in rows:
        yield urllib.request.urlopen(f"http://127.0.0.1:{port}/geo/{r}", timeout=5).status
print(spark.sparkContext.parallelize(range(6), 2).mapPartitions(locate).collect())
