import type { Cut, Population } from '../../api/contract/common.ts';
import { rememberedSlots } from '../charts/colours.ts';
import type { SeriesKind } from '../charts/seriesColours.ts';
import { type ChartMark, partialOf, toLayers } from '../charts/timeSeries.ts';
import { api } from '../lib/apiClient.ts';
import { useApp } from '../lib/appContext.ts';
import { rangeStart } from '../lib/rangeStart.ts';
import { useResource } from '../lib/useResource.ts';
import { useScope } from './distribution.tsx';
import { Panel } from './panel.tsx';
import { RangePicker } from './rangePicker.tsx';
import { Empty, ResourceView } from './resourceView.tsx';
import { ChartSkeleton } from './skeleton.tsx';
import { TimeChart } from './timeChart.tsx';

export interface CutOverTimeProps {
  readonly title: string;
  readonly cut: Cut;
  readonly kind: SeriesKind;
  readonly population: Population;
  readonly labelOf: (key: string, label: string) => string;
  readonly preferredSlot?: (key: string) => number | null;
  readonly marks?: readonly ChartMark[];
  readonly tall?: boolean;
}

/** One fewer than the palette has: the rest is summed, in grey. */
const mostSeries = 7;

/** A cut's largest keys over time, in layers. */
export function CutOverTime(props: CutOverTimeProps) {
  const { t, view } = useApp();
  const from = rangeStart(view.range, Date.now());
  const wanted = {
    cut: props.cut,
    population: props.population,
    window: view.window,
    from: new Date(from).toISOString(),
    top: mostSeries,
  };
  const { state, retry } = useResource(api.counts(view.network, wanted));
  return (
    <Panel title={props.title} scope={useScope(props.population)} actions={<RangePicker name={`range-${props.cut}`} />}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.series.every((series) => series.points.length === 0)}
        skeleton={<ChartSkeleton tall={props.tall ?? false} />}
        empty={
          <Empty title={t('empty.chart.title')}>
            <p>{t('empty.chart.next')}</p>
          </Empty>
        }
      >
        {(data) => {
          const unknown = t(props.kind === 'client' ? 'node.clientUnknown' : 'table.unknown');
          const slots = rememberedSlots(
            props.kind,
            data.series.map((series) => series.key),
            props.preferredSlot,
          );
          const series = toLayers(data, view.figure, (key, label) => ({
            key,
            label: key === '' ? unknown : key === 'other' ? t('table.other') : props.labelOf(key, label),
            slot: slots.get(key) ?? -1,
          }));
          return (
            <TimeChart
              kind="stacked"
              title={props.title}
              tall={props.tall ?? false}
              marks={props.marks ?? []}
              data={{ series, from: Date.parse(data.from), to: Date.parse(data.to), partial: partialOf([data]) }}
            />
          );
        }}
      </ResourceView>
    </Panel>
  );
}
