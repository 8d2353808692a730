import type { Population } from '../../../api/contract/common.ts';
import { rememberedSlots } from '../../charts/colours.ts';
import { partialOf, toLines } from '../../charts/timeSeries.ts';
import { Panel } from '../../components/panel.tsx';
import { RangePicker } from '../../components/rangePicker.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ChartSkeleton } from '../../components/skeleton.tsx';
import { TimeChart } from '../../components/timeChart.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import { combineResources } from '../../lib/resourceState.ts';
import { useResource } from '../../lib/useResource.ts';

/** Not `seen`: there are so many more mere mentions that the other lines would be flat. */
const shown = ['alive', 'reachable', 'identified'] as const satisfies readonly Population[];

export function NodesOverTime() {
  const { t, view } = useApp();
  const from = new Date(rangeStart(view.range, Date.now())).toISOString();
  const wanted = (population: Population) =>
    api.counts(view.network, { cut: 'total', population, window: view.window, from, top: 1 });
  const alive = useResource(wanted(shown[0]));
  const reachable = useResource(wanted(shown[1]));
  const identified = useResource(wanted(shown[2]));
  const state = combineResources([alive.state, reachable.state, identified.state]);
  const retry = (): void => {
    for (const resource of [alive, reachable, identified]) resource.retry();
  };
  const slots = rememberedSlots('population', shown);
  return (
    <Panel
      title={t('overview.overTime')}
      scope={t('overview.counts.scope', {
        window: t(view.window === 'now' ? 'window.now.long' : 'window.day.long'),
        figure: t(view.figure === 'ids' ? 'figure.ids.long' : 'figure.ips.long'),
      })}
      actions={<RangePicker name="range-total" />}
    >
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.parts.every((part) => part.series.every((series) => series.points.length === 0))}
        skeleton={<ChartSkeleton />}
        empty={
          <Empty title={t('empty.chart.title')}>
            <p>{t('empty.chart.next')}</p>
          </Empty>
        }
      >
        {({ parts }) => {
          const [first] = parts;
          const series = toLines(parts, view.figure, (index) => {
            const population = shown[index] ?? 'alive';
            return { key: population, label: t(`population.${population}`), slot: slots.get(population) ?? -1 };
          });
          const span = { from: Date.parse(first?.from ?? from), to: Date.parse(first?.to ?? from) };
          const data = { series, ...span, partial: partialOf(parts) };
          return <TimeChart kind="lines" title={t('overview.overTime')} data={data} />;
        }}
      </ResourceView>
    </Panel>
  );
}
