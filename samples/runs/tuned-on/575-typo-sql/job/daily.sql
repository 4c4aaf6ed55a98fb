-- daily totals
CREATE OR REPLACE TEMP VIEW s AS SELECT id % 7 AS d, id AS v FROM range(100);
SELECT d, sum(v) FROM s GROUP BT d;
