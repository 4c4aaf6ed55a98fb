CREATE DATABASE IF NOT EXISTS logistics;
USE logistics;
CREATE TABLE shipments (shipment_id BIGINT, Weight DOUBLE, carrier STRING, weight DOUBLE) USING parquet;
INSERT INTO shipments VALUES (1, 2.0, 'x', 2.0);
