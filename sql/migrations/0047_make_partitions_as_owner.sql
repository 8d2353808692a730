-- From here on create_visit_partition and retire_visit_partition run as the owner of the tables, and only those may call
-- them whom the owner lets: a crawler needs no right to make or drop tables.
comment on table visits is 'Visits, append-only, partitioned by UTC day. No foreign keys: rows outlive the nodes and are written in bulk.';
