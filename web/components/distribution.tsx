import type { ComponentChildren } from 'preact';
import type { Population } from '../../api/contract/common.ts';
import type { DistributionResponse } from '../../api/contract/counts.ts';
import { rememberedSlots } from '../charts/colours.ts';
import type { SeriesKind } from '../charts/seriesColours.ts';
import { useApp } from '../lib/appContext.ts';
import { ShareTable, type ShareTableRow } from './shareTable.tsx';

export interface DistributionProps {
  readonly data: DistributionResponse;
  readonly kind: SeriesKind;
  readonly what: string;
  readonly caption: string;
  readonly chart: 'bar' | 'ranked';
  readonly labelOf: (key: string, label: string) => string;
  readonly cellOf?: (key: string, label: string) => ComponentChildren;
  readonly preferredSlot?: (key: string) => number | null;
  /** Rows shown; the rest is summed. */
  readonly limit: number;
}

/** A cut at the last census: the largest keys, the rest summed, and how many have no value for it. */
export function Distribution(props: DistributionProps) {
  const { t, view } = useApp();
  const { data, kind, labelOf, cellOf, limit } = props;
  const named = data.rows.filter((row) => row.key !== 'other' && row.key !== '');
  const summed = data.rows.filter((row) => row.key === 'other');
  const sorted = [...named].sort((a, b) => b[view.figure] - a[view.figure] || (a.key < b.key ? -1 : 1));
  const shown = sorted.length + summed.length <= limit ? sorted : sorted.slice(0, limit - 1);
  const rest = [...sorted.slice(shown.length), ...summed];
  const slots = rememberedSlots(
    kind,
    shown.map((row) => row.key),
    props.preferredSlot,
  );
  const rows: ShareTableRow[] = shown.map((row) => ({
    key: row.key,
    label: labelOf(row.key, row.label),
    cell: cellOf?.(row.key, row.label),
    slot: slots.get(row.key) ?? -1,
    ids: row.ids,
    ips: row.ips,
  }));
  if (rest.length > 0) {
    rows.push({
      key: 'other',
      label: summed.length > 0 ? t('table.other') : t('table.otherOf', { n: rest.length }),
      slot: -1,
      ids: rest.reduce((sum, row) => sum + row.ids, 0),
      ips: rest.reduce((sum, row) => sum + row.ips, 0),
    });
  }
  return (
    <ShareTable
      rows={rows}
      what={props.what}
      caption={props.caption}
      chart={props.chart}
      footer={
        <tr>
          <th scope="row">
            <span class="named faint">{t(kind === 'client' ? 'node.clientUnknown' : 'table.unknown')}</span>
          </th>
          <td class="number faint">{t.numbers.count(data.unknown.ids)}</td>
          <td class="number faint">{t.numbers.count(data.unknown.ips)}</td>
          <td class="number faint">–</td>
        </tr>
      }
    />
  );
}

/** `Alive · last 24 h · unique node IDs`: shown under every heading with numbers. */
export function useScope(population: Population): string {
  const { t, view } = useApp();
  return t('scope', {
    population: t(`population.${population}`),
    window: t(view.window === 'now' ? 'window.now.long' : 'window.day.long'),
    figure: t(view.figure === 'ids' ? 'figure.ids.long' : 'figure.ips.long'),
  });
}
