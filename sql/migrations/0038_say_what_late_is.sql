comment on column crawl_spans.late_ms is 'Visits came later than planned by more than this, ms: a twentieth of a window for which that is too late, or 0.';
