-- A roll-up marks the censuses that it read and no others, carrying finds its next part by the index, and a repaired
-- clock takes back the last PONGs of both discoveries.
comment on table count_points_before is 'Counts as they were kept before migration 49. The crawler carries hours and days over to hour_counts and day_counts, the newest first; those of censuses go when they are old.';
