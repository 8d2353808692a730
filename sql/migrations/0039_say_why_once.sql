-- Coverage and churn tell by one function why a window was not watched.

comment on column churn_points.partial is
  'Why the figures are not to be trusted, as in coverage_points, and by the same rule; null = they are complete.';
