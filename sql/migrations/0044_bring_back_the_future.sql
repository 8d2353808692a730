-- repair_future brings back rows with times that have not come yet: from here on none is later than the database's clock.
comment on column frontier.visited_at is 'Start of the visit of ours that set due_at, never later than the clock of the database; null before the first. An older one that is written late changes nothing.';
