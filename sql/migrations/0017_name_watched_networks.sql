-- Which of the networks that are known a crawler watches, so that pages open on one that fills.

alter table vantages add column networks text[] not null default '{}';
comment on column vantages.networks is 'Slugs of the networks that it watches, in the order of its configuration. What is known but not watched is in `networks` alone.';
