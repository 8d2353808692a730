import type { CountsResponse } from '../../../api/contract/counts.ts';
import { expectedStep, withGaps } from '../../charts/gaps.ts';
import type { ChartSeries } from '../../charts/timeSeries.ts';
import { useScope } from '../../components/distribution.tsx';
import { Panel } from '../../components/panel.tsx';
import { RangePicker } from '../../components/rangePicker.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ChartSkeleton } from '../../components/skeleton.tsx';
import { TimeChart } from '../../components/timeChart.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import type { Figure } from '../../lib/router.ts';
import { useResource } from '../../lib/useResource.ts';

/** Of the nodes whose head could be judged, how many were at the network's when they were visited. */
export function SyncedShare() {
  const { t, view } = useApp();
  const from = new Date(rangeStart(view.range, Date.now())).toISOString();
  const wanted = { cut: 'synced', population: 'identified', window: view.window, from, top: 2 } as const;
  const { state, retry } = useResource(api.counts(view.network, wanted));
  return (
    <Panel title={t('sync.title')} scope={useScope('identified')} actions={<RangePicker name="range-synced" />}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => syncedPoints(data, view.figure).every(({ share }) => share === null)}
        skeleton={<ChartSkeleton />}
        empty={
          <Empty title={t('sync.empty.title')}>
            <p>{t('sync.empty.next')}</p>
          </Empty>
        }
      >
        {(data) => {
          const points = syncedPoints(data, view.figure);
          const last = points.findLast(({ share }) => share !== null);
          return (
            <>
              {last !== undefined && (
                <p class="chart-note faint">{t('sync.of', { synced: last.synced, all: last.all })}</p>
              )}
              <TimeChart
                kind="lines"
                values="share"
                title={t('sync.title')}
                data={{
                  series: [toSeries(data, points, t('sync.synced'))],
                  from: Date.parse(data.from),
                  to: Date.parse(data.to),
                }}
              />
            </>
          );
        }}
      </ResourceView>
    </Panel>
  );
}

interface SyncedPoint {
  readonly x: number;
  readonly synced: number;
  readonly all: number;
  readonly share: number | null;
}

function syncedPoints({ series }: CountsResponse, figure: Figure): SyncedPoint[] {
  const of = (key: string): Map<number, number> =>
    new Map(series.find((one) => one.key === key)?.points.map((point) => [Date.parse(point.at), point[figure]]));
  const [synced, lagging] = [of('synced'), of('lagging')];
  return [...new Set([...synced.keys(), ...lagging.keys()])]
    .sort((a, b) => a - b)
    .map((x) => {
      const own = synced.get(x) ?? 0;
      const all = own + (lagging.get(x) ?? 0);
      return { x, synced: own, all, share: all === 0 ? null : own / all };
    });
}

function toSeries({ resolution }: CountsResponse, points: readonly SyncedPoint[], label: string): ChartSeries {
  const step = expectedStep(
    points.map(({ x }) => x),
    resolution,
  );
  const line = points.map(({ x, share }) => ({ x, y: share }));
  return { key: 'synced', label, slot: 0, points: withGaps(line, step) };
}
