-- What is old is removed a step at a time (remove_old, retire_visit_partition): in one transaction every reader of visits
-- waited until the last step was through.
drop function if exists apply_retention(timestamptz, integer, integer, integer, integer);
drop function if exists apply_retention(timestamptz, integer, integer, integer);
drop function if exists drop_visit_partitions(date);
