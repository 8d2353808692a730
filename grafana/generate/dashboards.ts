import { buildDashboard } from './buildDashboard.ts';
import type { DashboardSpec } from './dashboardSpec.ts';
import { forksDashboard } from './forksDashboard.ts';
import { healthDashboard } from './healthDashboard.ts';
import { overviewDashboard } from './overviewDashboard.ts';
import { raftDashboard } from './raftDashboard.ts';

export const dashboards: readonly DashboardSpec[] = [overviewDashboard, forksDashboard, raftDashboard, healthDashboard];

/** Path from the package root → text. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    dashboards.map((spec) => [
      `grafana/dashboards/${spec.uid}.json`,
      `${JSON.stringify(buildDashboard(spec), null, 2)}\n`,
    ]),
  );
}

export interface UsedQuery {
  /** Where it stands, for messages. */
  readonly at: string;
  readonly expr: string;
  readonly legend: string;
  /** Why it may give no series; null = data is expected. */
  readonly emptyWhen: string | null;
}

/** Every query of a dashboard: of its panels, its marks and its variables. */
export function queriesOf({ title, rows, marks, variables }: DashboardSpec): readonly UsedQuery[] {
  const panels = rows.flatMap((row) => row.panels.map((panel) => ({ ...panel, row: row.title })));
  return [
    ...panels.flatMap((panel) =>
      panel.queries.map(({ expr, legend, emptyWhen = null }) => ({
        at: `${title}, ${panel.row}, ${panel.title}`,
        expr,
        legend,
        emptyWhen,
      })),
    ),
    ...marks.map(({ name, expr, title: legend }) => ({
      at: `${title}, mark ${name}`,
      expr,
      legend,
      emptyWhen: 'a mark',
    })),
    ...variables.map(({ name, metric, of }) => ({
      at: `${title}, variable ${name}`,
      expr: `count by (${of}) (${metric})`,
      legend: `{{${of}}}`,
      emptyWhen: null,
    })),
  ];
}
