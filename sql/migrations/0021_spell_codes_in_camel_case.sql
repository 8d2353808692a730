-- breaking
-- Codes are spelt one way in code, label and row.

create function pg_temp.camel_case(code text) returns text language sql immutable as $$
  select string_agg(case when n = 1 then part else initcap(part) end, '' order by n)
  from regexp_split_to_table(code, '[_-]') with ordinality as parts (part, n)
$$;

alter table count_series drop constraint count_series_population_known;
update count_series set population = 'inboundOnly' where population = 'inbound_only';
alter table count_series add constraint count_series_population_known
  check (population in ('seen', 'alive', 'reachable', 'inboundOnly', 'identified'));
comment on column count_series.population is '`seen`, `alive`, `reachable`, `inboundOnly` or `identified`.';

update raft_clusters set state = pg_temp.camel_case(state) where state like '%\_%';
update raft_states set state = pg_temp.camel_case(state) where state like '%\_%';
update raft_views set result = pg_temp.camel_case(result) where result like '%-%';
update raft_polls set result = pg_temp.camel_case(result) where result like '%-%';
comment on column raft_clusters.state is '`confirmed`, `electing`, `noLeader`, `noQuorum` or `unconfirmed`; null until two rounds agreed.';

update events set data = jsonb_set(data, '{observers}', (
  select coalesce(jsonb_agg(jsonb_set(seen, '{result}', to_jsonb(pg_temp.camel_case(seen ->> 'result'))) order by n), '[]')
  from jsonb_array_elements(data -> 'observers') with ordinality as observers (seen, n)
))
where jsonb_typeof(data -> 'observers') = 'array'
  and exists (select from jsonb_array_elements(data -> 'observers') as seen where seen ->> 'result' like '%-%');
