-- breaking
-- Counts and visits are written elsewhere since 0049 and 0051: an older Forkscope would find views where it writes.
comment on table visit_log is 'Visits, append-only, partitioned by UTC day, in as little room as they can be: written by keep_visits, read by the view visits. No foreign keys: rows outlive the nodes and are written in bulk.';
