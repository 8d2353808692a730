/** Queries and variables that several dashboards share. */
import type { MarkSpec, VariableSpec } from './dashboardSpec.ts';

/** One network, `all` of them together included. */
export const networkVariable: VariableSpec = {
  name: 'network',
  label: 'Network',
  metric: 'forkscope_network_nodes',
  of: 'network',
  choice: 'one',
};

export const instanceVariable: VariableSpec = {
  name: 'instance',
  label: 'Crawler',
  metric: 'forkscope_crawler_info',
  of: 'instance',
  choice: 'many',
};

/** When a Forkscope alert fires. */
export const firingMark: MarkSpec = {
  name: 'Alerts',
  expr: 'count by (alertname) (ALERTS{alertname=~"Forkscope.*|Raft.*", alertstate="firing"})',
  title: '{{alertname}}',
  color: 'orange',
};

/** Several `serve` over one database export the same values: the largest is right while one of them lags behind. */
export function nodesOf(population: string, window: string): string {
  return `max(forkscope_network_nodes{network="$network", population="${population}", window="${window}"})`;
}

export function errorRate(name: string): string {
  return `sum by (code) (rate(forkscope_crawler_${name}{instance=~"$instance"}[$__rate_interval]))`;
}
