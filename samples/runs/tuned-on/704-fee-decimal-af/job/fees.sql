CREATE OR REPLACE TEMP VIEW fees AS SELECT id, id * 37.25 AS fee FROM range(200);
SELECT count(*) FROM fees;
SELECT max(CAST(fee AS DECIMAL(5,2))) AS top_fee FROM fees;
