import { useState } from 'preact/hooks';
import type { Sealers } from '../../../api/contract/raft.ts';
import { pausesConfig } from '../../charts/pausesConfig.ts';
import { seriesSlots } from '../../charts/theme.ts';
import { type ColumnTick, type Turn, turnsConfig } from '../../charts/turnsConfig.ts';
import { ChartCanvas } from '../../components/chartCanvas.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import type { Translate } from '../../i18n/translate.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant, formatTime } from '../../lib/format.ts';
import { narrowQuery, useMedia } from '../../lib/useMedia.ts';
import { countSealing, type SealingRow, toSealingRows } from './sealingRows.ts';

type Names = ReadonlyMap<string, string>;

/** Who sealed which block, whose turns passed, and how long each block took. */
export function SealingTimeline({ sealers, names }: { readonly sealers: Sealers; readonly names: Names }) {
  const { t, theme } = useApp();
  const narrow = useMedia(narrowQuery);
  const [open, setOpen] = useState(false);
  const all = toSealingRows(sealers.timeline);
  // On a phone, the columns of all of them would be too narrow to be told apart.
  const rows = narrow ? toSealingRows(sealers.timeline.slice(-32)) : all;
  if (all.length === 0) {
    return (
      <Panel title={t('sealing.title')} scope={t('sealing.scope')}>
        <p>{t('sealing.none')}</p>
      </Panel>
    );
  }
  const told = t('sealing.untold');
  const lanes = [...sealers.sealers.map(({ address }) => address), ...(rows.some(isUntold) ? [''] : [])];
  const laneNames = lanes.map((address) => nameOf(address, names, told));
  const columns = (rows.at(-1)?.column ?? 0) + 1;
  const ticks = toTicks(rows, narrow ? 3 : 6, t);
  const margin = narrow ? 98 : 124;
  const version = [theme, narrow, t.language, JSON.stringify(rows), laneNames.join()].join('|');
  const summary = summarise(rows, names, t);
  return (
    <Panel title={t('sealing.title')} scope={t('sealing.scope')}>
      <Legend rows={rows} />
      <ChartCanvas
        class={lanes.length > 16 ? 'taller' : lanes.length > 6 ? 'tall' : 'lanes'}
        version={version}
        summary={[t('sealing.title'), ...summary].join(' ')}
        build={(colours) =>
          turnsConfig({ lanes: laneNames, columns, turns: toTurns(rows, lanes, names, t), ticks, margin }, colours)
        }
      />
      <h3 class="chart-title">{t('sealing.pauses')}</h3>
      <ChartCanvas
        class="low"
        version={version}
        summary={`${t('sealing.pauses')}. ${summary.at(-1)}`}
        build={(colours) =>
          pausesConfig({ columns, pauses: toPauses(rows, names, t), ticks, margin }, colours, t.numbers)
        }
      />
      <p class="faint small">{summary.join(' ')}</p>
      <details class="chart-data" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('chart.asTable')}</summary>
        {open && <BlockTable rows={all} names={names} />}
      </details>
    </Panel>
  );
}

function isUntold({ sealer }: SealingRow): boolean {
  return sealer === null;
}

function nameOf(address: string | null, names: Names, untold: string): string {
  return address === null || address === '' ? untold : (names.get(address) ?? address);
}

function Legend({ rows }: { readonly rows: readonly SealingRow[] }) {
  const { t } = useApp();
  const late = rows.some((row) => row.late);
  return (
    <ul class="legend">
      <li>
        <span class="swatch slot-1" aria-hidden="true" />
        <span class="legend-name">{t('sealing.sealed')}</span>
      </li>
      {late && (
        <>
          <li>
            <span class="swatch missed" aria-hidden="true" />
            <span class="legend-name">{t('sealing.missed')}</span>
          </li>
          <li>
            <span class="swatch late" aria-hidden="true" />
            <span class="legend-name">{t('sealing.late')}</span>
          </li>
        </>
      )}
    </ul>
  );
}

function toTurns(rows: readonly SealingRow[], lanes: readonly string[], names: Names, t: Translate): readonly Turn[] {
  const untold = t('sealing.untold');
  return rows.flatMap((row): readonly Turn[] => {
    const lane = nameOf(row.sealer, names, untold);
    const slot = lanes.indexOf(row.sealer ?? '') % seriesSlots;
    const sealed: Turn = { column: row.column, lane, slot, missed: false, told: tellBlock(row, lane, names, t) };
    return [
      sealed,
      // Who let more than one turn pass before a block stands there once.
      ...[...new Set(row.missed)]
        .filter((address) => address !== row.sealer)
        .map((address): Turn => {
          const name = nameOf(address, names, untold);
          const told = [t('sealing.tip.missed', { name, number: count(row.number, t) }), formatInstant(row.at)];
          return { column: row.column, lane: name, slot: -1, missed: true, told };
        }),
    ];
  });
}

function toPauses(rows: readonly SealingRow[], names: Names, t: Translate) {
  return rows.flatMap((row) => {
    if (row.after === null) return [];
    const name = nameOf(row.sealer, names, t('sealing.untold'));
    return [{ column: row.column, seconds: row.after, late: row.late, told: tellBlock(row, name, names, t) }];
  });
}

/** All that is known of a block, a line each. */
function tellBlock(row: SealingRow, name: string, names: Names, t: Translate): readonly string[] {
  const missed = row.missed.map((address) => nameOf(address, names, ''));
  return [
    t('sealing.tip.block', { number: count(row.number, t), name }),
    formatInstant(row.at),
    ...(row.after === null ? [] : [t('sealing.tip.after', { seconds: length(row.after, t) })]),
    ...(row.round === 0 ? [] : [t('sealing.tip.rounds', { n: row.round })]),
    ...(missed.length === 0 ? [] : [t('sealing.tip.passed', { names: missed.join(', ') })]),
    ...(row.empty ? [t('sealing.tip.empty')] : []),
  ];
}

function count(number: string, t: Translate): string {
  return t.numbers.count(number);
}

function length(seconds: number, t: Translate): string {
  return seconds < 10 ? t.numbers.seconds(seconds) : t.numbers.duration(seconds);
}

/** The first and the last block and some between, with their times. */
function toTicks(rows: readonly SealingRow[], most: number, t: Translate): readonly ColumnTick[] {
  const step = Math.max(1, Math.ceil(rows.length / most));
  return rows
    .filter((_, index) => (rows.length - 1 - index) % step === 0)
    .map(({ column, number, at }) => ({ column, label: [`#${count(number, t)}`, formatTime(at)] }));
}

function summarise(rows: readonly SealingRow[], names: Names, t: Translate): readonly string[] {
  const { missed, turns, rounds, longest } = countSealing(rows);
  const [first, last] = [rows[0], rows.at(-1)];
  const who = missed.slice(0, 5).map(([address, n]) => `${nameOf(address, names, '')} ${t.numbers.count(n)}`);
  return [
    t('sealing.summary', {
      first: count(first?.number ?? '0', t),
      last: count(last?.number ?? '0', t),
      from: formatInstant(first?.at ?? 0),
      to: formatInstant(last?.at ?? 0),
    }),
    turns === 0 ? t('sealing.summary.noneMissed') : t('sealing.summary.missed', { n: turns, who: who.join(', ') }),
    ...(rounds === 0 ? [] : [t('sealing.summary.rounds', { n: rounds })]),
    ...(longest?.after == null
      ? []
      : [t('sealing.summary.longest', { seconds: length(longest.after, t), number: count(longest.number, t) })]),
  ];
}

function BlockTable({ rows, names }: { readonly rows: readonly SealingRow[]; readonly names: Names }) {
  const { t } = useApp();
  return (
    <ScrollBox label={t('raft.table', { title: t('sealing.title') })}>
      <table class="data">
        <caption class="unseen">{t('sealing.title')}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              {t('sealing.block')}
            </th>
            <th scope="col">{t('chart.time')}</th>
            <th scope="col">{t('sealers.address')}</th>
            <th scope="col" class="number">
              {t('sealing.after')}
            </th>
            <th scope="col" class="number">
              {t('sealing.rounds')}
            </th>
            <th scope="col">{t('sealing.passed')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map((row) => (
            <tr key={row.number}>
              <th scope="row" class="number">
                {count(row.number, t)}
              </th>
              <td class="mono">{formatInstant(row.at)}</td>
              <td title={row.sealer ?? undefined}>{nameOf(row.sealer, names, t('sealing.untold'))}</td>
              <td class="number">{row.after === null ? '–' : length(row.after, t)}</td>
              <td class="number">{t.numbers.count(row.round)}</td>
              <td>{row.missed.map((address) => nameOf(address, names, '')).join(', ') || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
