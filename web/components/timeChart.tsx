import { useState } from 'preact/hooks';
import { linesConfig } from '../charts/linesConfig.ts';
import { stackedConfig } from '../charts/stackedConfig.ts';
import { type ChartMark, firstValue, fitYoungData, lastValue, type TimeChartData } from '../charts/timeSeries.ts';
import { formatValue, type ValueKind } from '../charts/values.ts';
import { useApp } from '../lib/appContext.ts';
import { formatInstant, formatMinute } from '../lib/format.ts';
import { narrowQuery, useMedia } from '../lib/useMedia.ts';
import { ChartCanvas } from './chartCanvas.tsx';
import { PartialLegend } from './partialNote.tsx';
import { ScrollBox } from './scrollBox.tsx';
import { Swatch } from './swatch.tsx';

export interface TimeChartProps {
  readonly data: TimeChartData;
  readonly kind: 'lines' | 'stacked';
  /** What is shown; default counts. */
  readonly values?: ValueKind;
  readonly title: string;
  readonly marks?: readonly ChartMark[];
  readonly tall?: boolean;
}

const tableRows = 200;

/** A chart over time with its legend, its summary in words and its numbers as a table. */
export function TimeChart({ data: asked, kind, values = 'count', title, marks = [], tall = false }: TimeChartProps) {
  const { data, began } = fitYoungData(asked);
  const { t, theme } = useApp();
  const narrow = useMedia(narrowQuery);
  const [open, setOpen] = useState(false);
  const shown = data.series.filter((series) => lastValue(series) !== null);
  const visibleMarks = marks.filter((mark) => mark.at >= data.from && mark.at <= data.to);
  const words = shown.map((series) => {
    const first = firstValue(series)?.y ?? 0;
    const last = lastValue(series)?.y ?? 0;
    const words = {
      name: series.label,
      last: formatValue(values, last, t.numbers),
      first: formatValue(values, first, t.numbers),
    };
    return values === 'count'
      ? t('chart.summarySeries', { ...words, change: t.numbers.change(first, last) })
      : t('chart.summaryValues', words);
  });
  const summary = [
    title,
    t('chart.summarySpan', { from: formatInstant(data.from), to: formatInstant(data.to) }),
    ...words,
  ];
  const newest = shown[0] === undefined ? 0 : (lastValue(shown[0])?.x ?? 0);
  const version = [
    theme,
    narrow,
    t.language,
    data.from,
    data.to,
    newest,
    JSON.stringify(data.series),
    JSON.stringify(data.partial ?? []),
    visibleMarks.length,
  ];
  return (
    <div class="time-chart">
      <ul class="legend">
        {shown.map((series) => (
          <li key={series.key}>
            <Swatch slot={series.slot} />
            <span class="legend-name">{series.label}</span>
            <span class="number">{formatValue(values, lastValue(series)?.y ?? 0, t.numbers)}</span>
          </li>
        ))}
      </ul>
      {began !== null && <p class="chart-note faint">{t('chart.began', { at: formatInstant(began) })}</p>}
      <ChartCanvas
        class={tall ? 'tall' : ''}
        version={version.join('|')}
        summary={summary.join(' ')}
        build={(colours) => {
          const options = { narrow, marks: visibleMarks, values, numbers: t.numbers };
          return kind === 'lines' ? linesConfig(data, colours, options) : stackedConfig(data, colours, options);
        }}
      />
      <PartialLegend spans={(data.partial ?? []).filter(({ from, to }) => to > data.from && from < data.to)} />
      <details class="chart-data" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('chart.asTable')}</summary>
        {open && <SeriesTable data={{ ...data, series: shown }} caption={title} values={values} />}
      </details>
    </div>
  );
}

function SeriesTable({ data, caption, values: kind }: { data: TimeChartData; caption: string; values: ValueKind }) {
  const { t } = useApp();
  const times = [...new Set(data.series.flatMap((series) => series.points.map((point) => point.x)))].sort(
    (a, b) => b - a,
  );
  const values = data.series.map((series) => new Map(series.points.map((point) => [point.x, point.y])));
  return (
    <ScrollBox label={caption}>
      <table class="data">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {data.series.map((series) => (
              <th scope="col" class="number" key={series.key}>
                {series.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.slice(0, tableRows).map((time) => (
            <tr key={time}>
              <th scope="row" class="mono">
                {formatMinute(time)}
              </th>
              {data.series.map((series, index) => {
                const value = values[index]?.get(time) ?? null;
                return (
                  <td class="number" key={series.key}>
                    {value === null ? '–' : formatValue(kind, value, t.numbers)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {times.length > tableRows && (
        <p class="chart-note faint">{t('chart.tableCut', { shown: tableRows, all: times.length })}</p>
      )}
    </ScrollBox>
  );
}
