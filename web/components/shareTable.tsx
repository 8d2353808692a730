import type { ComponentChildren } from 'preact';
import type { Figures } from '../../api/contract/common.ts';
import { rankedBarsConfig } from '../charts/rankedBarsConfig.ts';
import { type ShareRow, shareBarConfig } from '../charts/shareBarConfig.ts';
import { useApp } from '../lib/appContext.ts';
import { ChartCanvas } from './chartCanvas.tsx';
import { Swatch } from './swatch.tsx';

export interface ShareTableRow extends Figures {
  readonly key: string;
  /** For the chart and its summary. */
  readonly label: string;
  /** What the table shows in its first column; default the label. */
  readonly cell?: ComponentChildren;
  readonly slot: number;
}

export interface ShareTableProps {
  readonly rows: readonly ShareTableRow[];
  readonly caption: string;
  /** Heading of the first column. */
  readonly what: string;
  /** `bar` = one bar divided into parts, `ranked` = one bar per row. */
  readonly chart: 'bar' | 'ranked';
  readonly footer?: ComponentChildren;
  /** The whole for shares; default the sum of the rows. */
  readonly whole?: Figures;
}

const rankedRowPx = 31;

/** Who has how much of the whole: a chart, and the table that is its legend and its numbers. */
export function ShareTable({ rows, caption, what, chart, footer, whole: given }: ShareTableProps) {
  const { t, theme, view } = useApp();
  const value = (row: Figures): number => row[view.figure];
  const whole = given === undefined ? rows.reduce((sum, row) => sum + value(row), 0) : value(given);
  const chartRows: ShareRow[] = rows.map((row) => ({
    key: row.key,
    label: row.label,
    slot: row.slot,
    value: value(row),
  }));
  const words = rows.slice(0, 8).map((row) => `${row.label} ${t.numbers.share(value(row), whole)}`);
  return (
    <div class={chart === 'ranked' ? 'share split' : 'share'}>
      <div
        class={chart === 'bar' ? 'share-bar' : 'share-ranked'}
        style={chart === 'ranked' ? { height: `${rows.length * rankedRowPx + 28}px` } : {}}
      >
        <ChartCanvas
          version={[theme, chart, t.language, JSON.stringify(chartRows)].join('|')}
          summary={`${caption}: ${words.join(', ')}`}
          build={(colours) =>
            chart === 'bar'
              ? shareBarConfig(chartRows, colours, t.numbers)
              : rankedBarsConfig(chartRows, colours, t.numbers)
          }
        />
      </div>
      <table class="data">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" class="number">
              {t('figure.ids')}
            </th>
            <th scope="col" class="number">
              {t('figure.ips')}
            </th>
            <th scope="col" class="number">
              {t('table.share')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">
                <span class="named">
                  <Swatch slot={row.slot} />
                  {row.cell ?? row.label}
                </span>
              </th>
              <td class={`number ${view.figure === 'ids' ? 'strong' : 'faint'}`}>{t.numbers.count(row.ids)}</td>
              <td class={`number ${view.figure === 'ips' ? 'strong' : 'faint'}`}>{t.numbers.count(row.ips)}</td>
              <td class="number">{t.numbers.share(value(row), whole)}</td>
            </tr>
          ))}
        </tbody>
        {footer !== undefined && <tfoot>{footer}</tfoot>}
      </table>
    </div>
  );
}
