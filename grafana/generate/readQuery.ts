/** What a PromQL expression uses: metrics with their matchers, and the labels by which it groups. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Selector {
  /** null = a selector by labels alone. */
  readonly metric: string | null;
  readonly matchers: readonly Matcher[];
}

interface Grouping {
  readonly labels: readonly string[];
  /** What the grouping is over. */
  readonly selectors: readonly Selector[];
}

export interface QueryUse {
  readonly selectors: readonly Selector[];
  readonly groupings: readonly Grouping[];
}

/** Grafana's variables in places where PromQL expects a duration; those inside quotes are left alone. */
export function fillIntervals(expr: string, interval: string): string {
  return expr.replaceAll(/\$__(rate_interval|interval|range)\b/g, interval);
}

/** @throws SyntaxError that names the place */
export function readQuery(expr: string): QueryUse {
  const text = fillIntervals(expr, '1m');
  const root = parser.parse(text).topNode;
  const groupings: Grouping[] = [];
  root.cursor().iterate((node) => {
    if (node.type.isError) {
      throw new SyntaxError(`not PromQL at ${node.from}: ${text.slice(0, node.from)}⟨here⟩${text.slice(node.from)}`);
    }
    if (node.name !== 'GroupingLabels') return;
    const over = enclosing(node.node, ['AggregateExpr', 'BinaryExpr']);
    groupings.push({
      labels: [...childrenOf(node.node)]
        .filter(({ name }) => name.endsWith('Label') || name === 'LabelName')
        .map((label) => slice(text, label)),
      selectors: over === null ? [] : selectorsIn(text, over),
    });
  });
  return { selectors: selectorsIn(text, root), groupings };
}

function selectorsIn(text: string, within: SyntaxNode): Selector[] {
  const found: Selector[] = [];
  within.cursor().iterate((node) => {
    if (node.name !== 'VectorSelector') return;
    const children = [...childrenOf(node.node)];
    const name = children.find((child) => child.name === 'Identifier');
    const matchers = children
      .filter((child) => child.name === 'LabelMatchers')
      .flatMap((list) => [...childrenOf(list)])
      .filter((child) => child.name === 'UnquotedLabelMatcher')
      .map((child) => toMatcher(text, child));
    found.push({ metric: name === undefined ? null : slice(text, name), matchers });
  });
  return found;
}

function toMatcher(text: string, node: SyntaxNode): Matcher {
  const match = /^(\w+)\s*(=~|!~|!=|=)\s*(["'`])(.*)\3$/s.exec(slice(text, node));
  const op = (['=', '!=', '=~', '!~'] as const).find((each) => each === match?.[2]);
  if (match === null || op === undefined) throw new SyntaxError(`not a label matcher: ${slice(text, node)}`);
  return { label: match[1] ?? '', op, value: match[4] ?? '' };
}

function enclosing(node: SyntaxNode, names: readonly string[]): SyntaxNode | null {
  for (let up = node.parent; up !== null; up = up.parent) if (names.includes(up.name)) return up;
  return null;
}

function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) yield child;
}

function slice(text: string, { from, to }: SyntaxNode): string {
  return text.slice(from, to);
}
