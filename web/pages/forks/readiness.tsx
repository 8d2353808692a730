import { useState } from 'preact/hooks';
import type { ReadinessResponse } from '../../../api/contract/forks.ts';
import type { Network } from '../../../api/contract/networks.ts';
import { rememberedSlots } from '../../charts/colours.ts';
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
import { formatActivation } from '../../lib/format.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import { useNow } from '../../lib/useNow.ts';
import { useResource } from '../../lib/useResource.ts';
import { LearnedForks } from './learnedForks.tsx';
import { ReadinessByClient } from './readinessByClient.tsx';
import { ReadinessTable } from './readinessTable.tsx';

/** Who is ready for the next fork: the share, who makes it up, and how it came about. */
export function Readiness({ network }: { readonly network: Network }) {
  const { t, view } = useApp();
  const from = new Date(rangeStart(view.range, Date.now())).toISOString();
  const { state, retry } = useResource(api.readiness(network.slug, from));
  const [open, setOpen] = useState<string | null | undefined>(undefined);
  const fork = state.data?.fork ?? null;
  const title = fork === null ? t('readiness.none') : t('readiness.title', { fork: fork.name });
  return (
    <>
      <Panel title={title} scope={t('readiness.scope')} actions={<RangePicker name="range-readiness" />}>
        <ResourceView
          state={state}
          retry={retry}
          isEmpty={(data) => data.fork === null || data.share === null}
          skeleton={<ChartSkeleton tall />}
          empty={
            fork === null ? (
              <Empty title={t('readiness.none.title')}>
                <p>{t('readiness.none.next')}</p>
              </Empty>
            ) : (
              <Empty title={t('readiness.nobody.title')}>
                <p>{t('readiness.nobody.next')}</p>
              </Empty>
            )
          }
        >
          {(data) => (
            <>
              <Headline data={data} />
              <div class="columns">
                <div>
                  <h3>{t('readiness.overTime')}</h3>
                  <TimeChart
                    kind="stacked"
                    title={t('readiness.overTime')}
                    marks={forkMarks(network)}
                    data={{
                      series: toReadinessSeries(data, (name) => t.find(`forkClass.${name}`) ?? name),
                      from: Date.parse(data.history.from),
                      to: Date.parse(data.history.to),
                    }}
                  />
                </div>
                <ReadinessByClient network={network} client={open ?? null} />
              </div>
              <ReadinessTable clients={data.clients} open={open} setOpen={setOpen} />
            </>
          )}
        </ResourceView>
      </Panel>
      {state.data !== null && state.data.learned.length > 0 && <LearnedForks forks={state.data.learned} />}
    </>
  );
}

function Headline({ data }: { readonly data: ReadinessResponse }) {
  const { t } = useApp();
  const { fork, notObservable } = data;
  const all = data.ready + data.current + data.conflicting;
  const leftOut = data.classes.filter(
    ({ forkClass, ids }) => ids > 0 && !['ready', 'current', 'conflicting'].includes(forkClass),
  );
  return (
    <dl class="facts">
      <div>
        <dt>{t('readiness.share')}</dt>
        <dd class="number">
          <strong class="readiness-share">{t.numbers.share(data.ready, all)}</strong>
        </dd>
        <dd class="faint">{t('readiness.of', { ready: data.ready, all, fork: fork?.name ?? '' })}</dd>
      </div>
      {fork !== null && (
        <div>
          <dt>{t('readiness.activation')}</dt>
          <dd>
            <strong>{formatActivation(fork.kind, fork.at, t.numbers)}</strong>
          </dd>
          <dd class="faint">
            <Countdown data={data} />
          </dd>
          {notObservable.length > 0 && (
            <dd class="faint">
              {t('readiness.later')}: {notObservable.map(({ name }) => name).join(', ')} ({t('readiness.later.means')})
            </dd>
          )}
        </div>
      )}
      {leftOut.length > 0 && (
        <div>
          <dt>{t('readiness.leftOut')}</dt>
          <dd class="tags">
            {leftOut.map(({ forkClass, ids }) => (
              <span class="tag" key={forkClass}>
                {t(`forkClass.${forkClass}`)} <span class="number">{t.numbers.count(ids)}</span>
              </span>
            ))}
          </dd>
          <dd class="faint">{t('readiness.leftOut.means')}</dd>
        </div>
      )}
    </dl>
  );
}

function Countdown({ data }: { readonly data: ReadinessResponse }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const { fork, blocksToGo } = data;
  if (fork?.kind === 'time') {
    const seconds = Number(fork.at) - now / 1_000;
    return <>{seconds > 0 ? t('readiness.toGo', { duration: t.numbers.duration(seconds) }) : t('readiness.due')}</>;
  }
  return <>{blocksToGo === null ? '' : t('readiness.blocksToGo', { blocks: BigInt(blocksToGo) })}</>;
}

const shownClasses = ['ready', 'current', 'conflicting'] as const;

function toReadinessSeries({ history }: ReadinessResponse, nameOf: (key: string) => string): ChartSeries[] {
  const slots = rememberedSlots('forkClass', shownClasses);
  const times = history.points.map(({ at }) => Date.parse(at));
  const step = expectedStep(times, history.resolution);
  return shownClasses
    .filter((key) => history.points.some((point) => point[key] > 0))
    .map((key) => {
      const points = history.points.map((point) => ({ x: Date.parse(point.at), y: point[key] }));
      return { key, label: nameOf(key), slot: slots.get(key) ?? -1, points: withGaps(points, step) };
    });
}
