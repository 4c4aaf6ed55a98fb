import logging
log = logging.getLogger("framework")
class Step:
    def run(self, spark):
        log.info("running %s", type(self).__name__)
        try:
            return self.transform(spark)
        except Exception as e:
            log.error("step %s failed: %s", type(self).__name__, e)
            raise
    def transform(self, spark):
        raise NotImplementedError(f"{type(self).__name__} has no transform")
