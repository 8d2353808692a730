-- breaking
-- A network is known where a crawler has its file, and watched where a crawler looks for its nodes: two words for two things.

alter table networks rename column watched to known;
comment on table networks is
  'Networks, one row a network file. One whose file is gone stays, with known = false, because nodes and counts name it. Which are watched says the view watched_networks.';
comment on column networks.known is 'False when no crawler has loaded the file of this network any more.';
comment on column vantages.networks is
  'Slugs of the networks that it watches, in the order of its configuration: the view watched_networks is made of them.';
