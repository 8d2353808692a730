import { useState } from 'preact/hooks';
import type { RaftCluster, RaftTimelineResponse } from '../../../api/contract/raft.ts';
import { type Band, bandsConfig } from '../../charts/bandsConfig.ts';
import { columnsConfig, fillColumns } from '../../charts/columnsConfig.ts';
import { seriesSlots } from '../../charts/theme.ts';
import { ChartCanvas } from '../../components/chartCanvas.tsx';
import { Panel } from '../../components/panel.tsx';
import { RangePicker } from '../../components/rangePicker.tsx';
import { ResourceView } from '../../components/resourceView.tsx';
import { ChartSkeleton } from '../../components/skeleton.tsx';
import type { Translate } from '../../i18n/translate.ts';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { quickPollPlan } from '../../lib/poll.ts';
import { rangeStart } from '../../lib/rangeStart.ts';
import { narrowQuery, useMedia } from '../../lib/useMedia.ts';
import { useResource } from '../../lib/useResource.ts';
import { byMember, kindWords, leaderName, type MemberNames, memberName } from './raftWords.ts';

export interface RaftTimelineProps {
  readonly cluster: RaftCluster;
  readonly names: MemberNames;
}

const tableRows = 200;

/** Who led when, with one lane per member, and how often the leader changed. */
export function RaftTimeline({ cluster, names }: RaftTimelineProps) {
  const { t, view } = useApp();
  const [now] = useState(() => Date.now());
  const from = new Date(rangeStart(view.range, now)).toISOString();
  const { state, retry } = useResource(api.raftTimeline(cluster.name, from), quickPollPlan);
  const step = state.data?.step ?? 'hour';
  return (
    <>
      <Panel title={t('raft.timeline')} scope={t('raft.timeline.scope')} actions={<RangePicker name="raft-range" />}>
        <ResourceView
          state={state}
          retry={retry}
          oldText="raft.old"
          isEmpty={(data) => data.bands.length === 0}
          skeleton={<ChartSkeleton />}
          empty={<p>{t('raft.timeline.none')}</p>}
        >
          {(data) => <Lanes data={data} names={names} />}
        </ResourceView>
      </Panel>
      <Panel
        title={t(step === 'hour' ? 'raft.perHour' : 'raft.perDay')}
        scope={kindWords('raft.perHour.scope', names.kind, t)}
      >
        <ResourceView
          state={state}
          retry={retry}
          oldText="raft.old"
          isEmpty={() => false}
          skeleton={<ChartSkeleton />}
          empty={null}
        >
          {(data) => <Changes data={data} />}
        </ResourceView>
      </Panel>
    </>
  );
}

/** The bands of an answer as lanes: members that led, by Raft ID, and at the end a lane for nobody, and one for when too few told. */
function toLanes(
  data: RaftTimelineResponse,
  names: MemberNames,
  t: Translate,
): { readonly lanes: readonly string[]; readonly bands: readonly Band[]; readonly longest: string } {
  const nobody = t('raft.timeline.nobody');
  const unknown = t('raft.timeline.unknown');
  const isUnknown = (band: RaftTimelineResponse['bands'][number]): boolean =>
    band.raftId === null && band.state === 'unconfirmed';
  const ids = [...new Set([...names.nodes.keys(), ...data.bands.flatMap(({ raftId }) => raftId ?? [])])].sort(
    byMember(names, t),
  );
  const ledMs = new Map<string, number>();
  const bands = data.bands.map((band): Band => {
    const { from, to, state, raftId } = band;
    const lane = isUnknown(band) ? unknown : raftId === null ? nobody : memberName(raftId, names, t);
    const begins = Date.parse(from);
    const ends = Date.parse(to ?? data.to);
    if (raftId !== null) ledMs.set(lane, (ledMs.get(lane) ?? 0) + ends - begins);
    // IDs of etcd have no order.
    const place = raftId === null ? 0 : names.kind === 'etcd' ? ids.indexOf(raftId) : raftId - 1;
    const slot = isUnknown(band) ? null : raftId === null ? -1 : place % seriesSlots;
    return {
      from: begins,
      to: ends,
      lane,
      slot,
      faint: state === 'unconfirmed',
      label: `${lane}: ${t(`raft.state.${state}`)}`,
    };
  });
  const longest = [...ledMs].sort((a, b) => b[1] - a[1])[0]?.[0] ?? t('raft.none');
  return {
    lanes: [...ids.map((id) => memberName(id, names, t)), nobody, ...(data.bands.some(isUnknown) ? [unknown] : [])],
    bands,
    longest,
  };
}

/** Where the picture starts: if the range is longer than the watch, its left part would be empty. */
function firstWatched(data: RaftTimelineResponse): number {
  return Math.max(Date.parse(data.from), Date.parse(data.bands[0]?.from ?? data.from));
}

function Lanes({ data, names }: { readonly data: RaftTimelineResponse; readonly names: MemberNames }) {
  const { t, theme } = useApp();
  const narrow = useMedia(narrowQuery);
  const [open, setOpen] = useState(false);
  const { lanes, bands, longest } = toLanes(data, names, t);
  const from = firstWatched(data);
  const to = Date.parse(data.to);
  const summary = [
    t('raft.timeline'),
    t('chart.summarySpan', { from: formatInstant(from), to: formatInstant(to) }),
    t('raft.timeline.summary', { n: bands.length, who: longest }),
  ].join(' ');
  return (
    <>
      <ChartCanvas
        class={lanes.length > 6 ? 'tall' : ''}
        version={[theme, narrow, t.language, data.from, data.to, JSON.stringify(lanes)].join('|')}
        summary={summary}
        build={(colours) => bandsConfig({ lanes, bands, from, to }, colours, narrow)}
      />
      {data.cut && <p class="faint">{t('raft.timeline.cut', { n: bands.length })}</p>}
      <details class="chart-data" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('chart.asTable')}</summary>
        {open && <BandTable data={data} names={names} />}
      </details>
    </>
  );
}

function BandTable({ data, names }: { readonly data: RaftTimelineResponse; readonly names: MemberNames }) {
  const { t } = useApp();
  const newest = data.bands.toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={t('raft.table', { title: t('raft.timeline') })}>
      <table class="data">
        <caption class="unseen">{t('raft.timeline')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('raft.timeline.from')}</th>
            <th scope="col">{t('raft.timeline.to')}</th>
            <th scope="col">{t('raft.state')}</th>
            <th scope="col">{t('raft.leader')}</th>
          </tr>
        </thead>
        <tbody>
          {newest.slice(0, tableRows).map((band) => (
            <tr key={band.from}>
              <th scope="row" class="mono">
                {formatInstant(Date.parse(band.from))}
              </th>
              <td class="mono">{band.to === null ? t('raft.timeline.lasts') : formatInstant(Date.parse(band.to))}</td>
              <td>{t(`raft.state.${band.state}`)}</td>
              <td>{leaderName(band.raftId, band.state, names, t)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {newest.length > tableRows && (
        <p class="faint">{t('chart.tableCut', { shown: tableRows, all: newest.length })}</p>
      )}
    </section>
  );
}

function Changes({ data }: { readonly data: RaftTimelineResponse }) {
  const { t, theme } = useApp();
  const narrow = useMedia(narrowQuery);
  const counted = data.changes.map(({ at, changes }) => ({ at: Date.parse(at), value: changes }));
  const columns = fillColumns(counted, firstWatched(data), Date.parse(data.to), data.step);
  const values = columns.map(({ value }) => value);
  const sum = values.reduce((all, value) => all + value, 0);
  const unconfirmed = data.changes.reduce((all, each) => all + each.unconfirmed, 0);
  const summary = [
    t('raft.perHour.summary', { sum, max: Math.max(0, ...values) }),
    ...(unconfirmed === 0 ? [] : [t('raft.perHour.unconfirmed', { count: unconfirmed })]),
  ].join(' ');
  return (
    <>
      <ChartCanvas
        class="low"
        version={[theme, narrow, t.language, JSON.stringify(columns)].join('|')}
        summary={`${t(data.step === 'hour' ? 'raft.perHour' : 'raft.perDay')}. ${summary}`}
        build={(colours) => columnsConfig(columns, t('raft.perHour.series'), colours, narrow, t.numbers)}
      />
      <p class="faint small">{summary}</p>
    </>
  );
}
