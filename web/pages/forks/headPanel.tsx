import type { HeadsResponse } from '../../../api/contract/forks.ts';
import type { Network } from '../../../api/contract/networks.ts';
import { forkMarks } from '../../charts/forkMarks.ts';
import { expectedStep, withGaps } from '../../charts/gaps.ts';
import type { ChartSeries } from '../../charts/timeSeries.ts';
import { Panel } from '../../components/panel.tsx';
import { RangePicker } from '../../components/rangePicker.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ChartSkeleton } from '../../components/skeleton.tsx';
import { TimeChart } from '../../components/timeChart.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import { useResource } from '../../lib/useResource.ts';

/** Where the network's head is, how it moved, and how late nodes had it when they were visited. */
export function HeadPanel({ network }: { readonly network: Network }) {
  const { t, view } = useApp();
  const from = new Date(rangeStart(view.range, Date.now())).toISOString();
  const { state, retry } = useResource(api.heads(network.slug, from));
  return (
    <Panel title={t('heads.title')} scope={t('heads.scope')} actions={<RangePicker name="range-heads" />}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.points.length === 0}
        skeleton={<ChartSkeleton />}
        empty={
          <Empty title={t('heads.empty.title')}>
            <p>{t('heads.empty.next')}</p>
          </Empty>
        }
      >
        {(data) => <Heads data={data} network={network} />}
      </ResourceView>
    </Panel>
  );
}

function Heads({ data, network }: { readonly data: HeadsResponse; readonly network: Network }) {
  const { t } = useApp();
  const last = data.points.at(-1);
  const span = { from: Date.parse(data.from), to: Date.parse(data.to) };
  const late = [
    toSeries(data, 'median', t('heads.age.median'), 0, (point) => point.ageMedianSeconds),
    toSeries(data, 'late', t('heads.age.late'), 3, (point) => point.ageLateSeconds),
  ];
  const knowsAges = data.points.some(({ ageMedianSeconds }) => ageMedianSeconds !== null);
  return (
    <>
      {last !== undefined && (
        <dl class="facts">
          <div>
            <dt>{t('heads.number')}</dt>
            <dd class="number">
              <strong>#{t.numbers.count(last.number)}</strong>
            </dd>
            <dd class="faint">{t('heads.by', { nodes: last.nodes })}</dd>
          </div>
          <div>
            <dt>{t('heads.age')}</dt>
            <dd>
              <strong>{last.ageMedianSeconds === null ? '–' : t.numbers.duration(last.ageMedianSeconds)}</strong>
            </dd>
            <dd class="faint">
              {last.ageLateSeconds === null
                ? t('heads.age.unknown')
                : t('heads.age.tenth', { duration: t.numbers.duration(last.ageLateSeconds) })}
            </dd>
          </div>
          <div>
            <dt>{t('heads.at')}</dt>
            <dd>
              <strong>{formatInstant(Date.parse(last.at))}</strong>
            </dd>
          </div>
        </dl>
      )}
      <div class="columns">
        <div>
          <h3>{t('heads.overTime')}</h3>
          <TimeChart
            kind="lines"
            values="height"
            title={t('heads.overTime')}
            marks={forkMarks(network)}
            data={{ series: [toSeries(data, 'head', t('heads.number'), 0, ({ number }) => Number(number))], ...span }}
          />
        </div>
        <div>
          <h3>{t('heads.lag')}</h3>
          {knowsAges ? (
            <TimeChart
              kind="lines"
              values="seconds"
              title={t('heads.lag')}
              marks={forkMarks(network)}
              data={{ series: late, ...span }}
            />
          ) : (
            <p class="faint">{t('heads.lag.unknown')}</p>
          )}
        </div>
      </div>
    </>
  );
}

function toSeries(
  { points }: HeadsResponse,
  key: string,
  label: string,
  slot: number,
  read: (point: HeadsResponse['points'][number]) => number | null,
): ChartSeries {
  const all = points.map((point) => ({ x: Date.parse(point.at), y: read(point) }));
  const step = expectedStep(
    all.map(({ x }) => x),
    'census',
  );
  return { key, label, slot, points: withGaps(all, step) };
}
