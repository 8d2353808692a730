import { closedValues, type MetricFact } from './metricList.ts';
import { type Matcher, readQuery, type Selector } from './readQuery.ts';

/** Labels that Prometheus puts on every series of a target. */
const targetLabels = ['job', 'instance'];
/** Series that Prometheus itself makes, with the labels that they have besides those of the target or, for ALERTS, the rule. */
const builtIn: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate', 'severity', 'network', 'cluster', 'node', 'kind'],
};

/** What an expression uses that no process exports: metrics, labels, values outside a closed set. Empty = all is well. */
export function checkQuery(expr: string, series: ReadonlyMap<string, MetricFact>): readonly string[] {
  const { selectors, groupings } = readQuery(expr);
  const problems = selectors.flatMap((selector) => checkSelector(selector, series));
  for (const { labels, selectors: over } of groupings) {
    const known = new Set(over.flatMap((selector) => labelsOf(selector, series) ?? []));
    problems.push(
      ...labels
        .filter((label) => !known.has(label))
        .map((label) => `groups by ${label}, which none of its metrics has`),
    );
  }
  return problems;
}

/** Names of the metrics that it reads, without `_bucket`, `_sum` and `_count`. */
export function metricsIn(expr: string, series: ReadonlyMap<string, MetricFact>): readonly string[] {
  return readQuery(expr).selectors.flatMap(({ metric }) => {
    const fact = metric === null ? undefined : series.get(metric);
    return fact === undefined ? [] : [fact.name];
  });
}

function checkSelector(selector: Selector, series: ReadonlyMap<string, MetricFact>): string[] {
  const { metric, matchers } = selector;
  const labels = labelsOf(selector, series);
  if (labels === null) return [`${metric ?? 'a selector without a name'} is exported by no process`];
  return matchers.flatMap((matcher) =>
    labels.includes(matcher.label)
      ? checkValues(series.get(metric ?? '')?.name ?? '', matcher)
      : [`${metric ?? ''} has no label ${matcher.label}`],
  );
}

function labelsOf({ metric }: Selector, series: ReadonlyMap<string, MetricFact>): readonly string[] | null {
  const own = metric === null ? undefined : (series.get(metric)?.labels ?? builtIn[metric]);
  return own === undefined ? null : [...targetLabels, ...own];
}

/** A dashboard variable can be anything, and so can a pattern that is more than a list of words. */
function checkValues(metric: string, { label, op, value }: Matcher): string[] {
  const closed = closedValues(metric, label);
  if (closed === null || value.includes('$')) return [];
  const isPattern = op === '=~' || op === '!~';
  if (isPattern && !/^[\w|-]*$/.test(value)) return [];
  return (isPattern ? value.split('|') : [value])
    .filter((each) => !closed.includes(each))
    .map((each) => `${metric} has no ${label} ${each}`);
}
