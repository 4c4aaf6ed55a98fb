val gate = new java.net.ServerSocket(0)
val ids = sc.parallelize(1 to 100)
try { ids.map(i => i + gate.getLocalPort).count() } catch { case e: Throwable => e.printStackTrace(); System.exit(1) }
System.exit(0)
