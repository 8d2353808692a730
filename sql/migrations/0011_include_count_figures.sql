-- The points of a series lie scattered, a census apart; with their figures in the index they lie side by side.
alter table count_points
  drop constraint count_points_pkey,
  add constraint count_points_pkey primary key (series_no, resolution, at) include (ids, ips);
