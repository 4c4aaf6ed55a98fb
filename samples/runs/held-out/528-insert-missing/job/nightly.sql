create temporary view src as select id as k, id % 5 as grp from range(1000);
insert overwrite table mart.daily_groups select grp, count(*) from src group by grp;
