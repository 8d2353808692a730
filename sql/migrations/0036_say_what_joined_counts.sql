-- Churn is summed by IP first; what its columns count is said more exactly.

comment on column churn_points.joined_ips is 'IP addresses (of IPv6 the /64) of those.';
comment on column churn_points.left_ips is 'IP addresses (of IPv6 the /64) of those.';
