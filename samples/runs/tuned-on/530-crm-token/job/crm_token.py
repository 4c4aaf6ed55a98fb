import threading, urllib.request, http.server
from pyspark.sql import SparkSession
class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401); self.end_headers(); self.wfile.write(b'{"error": "token expired"}')
    def log_message(self, *a): pass
srv = http.server.HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=srv.serve_forever, daemon=True).start()
spark = SparkSession.builder.appName("crm-token").getOrCreate()
def page(n):
    req = urllib.request.Request(f"http://127.0.0.1:{srv.server_port}/contacts?page={n}", headers={"Authorization": "Bearer abc"})
    return urllib.request.urlopen(req, timeout=5).read()
pages = [page(n) for n in range(3)]
spark.sparkContext.parallelize(pages).count()
