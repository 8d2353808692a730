import type { ReadinessSeriesResponse } from '../../../api/contract/forks.ts';
import type { Network } from '../../../api/contract/networks.ts';
import { rememberedSlots } from '../../charts/colours.ts';
import { forkMarks } from '../../charts/forkMarks.ts';
import { expectedStep, withGaps } from '../../charts/gaps.ts';
import type { ChartSeries } from '../../charts/timeSeries.ts';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ChartSkeleton } from '../../components/skeleton.tsx';
import { TimeChart } from '../../components/timeChart.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import { useResource } from '../../lib/useResource.ts';

/** The ready share over time, by client, or by version of the client whose row is open. */
export function ReadinessByClient({ network, client }: { readonly network: Network; readonly client: string | null }) {
  const { t, view } = useApp();
  const from = new Date(rangeStart(view.range, Date.now())).toISOString();
  const { state, retry } = useResource(api.readinessSeries(network.slug, from, client));
  const title = client === null ? t('readiness.series') : t('readiness.series.versions', { client });
  return (
    <div>
      <h3>{title}</h3>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.series.every(({ points }) => points.every(({ share }) => share === null))}
        skeleton={<ChartSkeleton />}
        empty={
          <Empty title={t('readiness.series.empty.title')}>
            <p>{t('readiness.series.empty.next')}</p>
          </Empty>
        }
      >
        {(data) => (
          <TimeChart
            kind="lines"
            values="share"
            title={title}
            marks={forkMarks(network)}
            data={{
              series: toSeries(data, t(client === null ? 'node.clientUnknown' : 'readiness.version.unknown')),
              from: Date.parse(data.from),
              to: Date.parse(data.to),
            }}
          />
        )}
      </ResourceView>
    </div>
  );
}

function toSeries({ series, resolution, client }: ReadinessSeriesResponse, unknown: string): ChartSeries[] {
  const keys = series.map(({ name }) => name ?? '');
  const slots = rememberedSlots(client === null ? 'client' : 'version', keys);
  const times = series[0]?.points.map(({ at }) => Date.parse(at)) ?? [];
  const step = expectedStep(times, resolution);
  return series.map(({ name, points }) => ({
    key: name ?? '',
    label: name ?? unknown,
    slot: slots.get(name ?? '') ?? -1,
    points: withGaps(
      points.map(({ at, share }) => ({ x: Date.parse(at), y: share })),
      step,
    ),
  }));
}
