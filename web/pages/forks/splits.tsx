import type { ComponentChildren } from 'preact';
import type { SplitEvent } from '../../../api/contract/forks.ts';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatActivation, formatInstant, shortenHex } from '../../lib/format.ts';
import { useResource } from '../../lib/useResource.ts';

type ForkSide = Extract<SplitEvent, { kind: 'forkSplit' }>['sides'][number];
type ChainSplit = Extract<SplitEvent, { kind: 'chainSplit' }>;
type Clients = ForkSide['clients'];

/** Fork and chain splits of the network, the open ones first, each with who is on which side. */
export function Splits({ slug }: { readonly slug: string }) {
  const { t } = useApp();
  const { state, retry } = useResource(api.splits(slug));
  return (
    <Panel title={t('splits.title')} scope={t('splits.scope')}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.splits.length === 0}
        skeleton={<TableSkeleton rows={2} />}
        empty={
          <Empty title={t('splits.empty.title')}>
            <p>{t('splits.empty.next')}</p>
          </Empty>
        }
      >
        {(data) => (
          <div class="stack">
            {data.splits.map((split) => (
              <Split key={`${split.kind} ${split.openedAt}`} split={split} />
            ))}
          </div>
        )}
      </ResourceView>
    </Panel>
  );
}

function Split({ split }: { readonly split: SplitEvent }) {
  const { t } = useApp();
  const open = split.closedAt === null;
  const from = formatInstant(Date.parse(split.openedAt));
  const name = t(`splits.${split.kind}`);
  // If each node counts for itself, this column would be the same as that of the nodes.
  const beside =
    split.kind === 'forkSplit' ? 'splits.syncing' : split.voterKind === 'subnet' ? 'splits.networks' : null;
  return (
    <article class="split-event">
      <h3>
        {name} <span class={`tag ${open ? 'bad' : ''}`}>{t(open ? 'splits.open' : 'splits.closed')}</span>
      </h3>
      <p class="faint number left">
        {split.closedAt === null
          ? t('splits.since', { at: from })
          : t('splits.span', { from, to: formatInstant(Date.parse(split.closedAt)) })}
      </p>
      {split.kind === 'chainSplit' && split.sides.length > 0 && <ChainFacts split={split} />}
      {split.sides.length === 0 ? (
        <p class="faint">{t('splits.noSides')}</p>
      ) : (
        <ScrollBox label={`${name} ${from}`}>
          <table class="data">
            <thead>
              <tr>
                <th scope="col">{t('splits.side')}</th>
                <th scope="col" class="number">
                  {t('splits.nodes')}
                </th>
                {beside !== null && (
                  <th scope="col" class="number">
                    {t(beside)}
                  </th>
                )}
                <th scope="col">{t('splits.clients')}</th>
              </tr>
            </thead>
            <tbody>
              {split.kind === 'forkSplit'
                ? split.sides.map((side) => (
                    <Side key={side.hash} nodes={side.nodes} beside={side.syncing} clients={side.clients}>
                      <Link to={{ at: 'nodes' }} more={{ forkHash: side.hash.slice(2) }} class="mono">
                        {side.hash.slice(2)}
                      </Link>
                      <span class="block faint">
                        <ForkSideName side={side} />
                      </span>
                    </Side>
                  ))
                : split.sides.map((side) => (
                    <Side key={side.hash} nodes={side.nodes} beside={beside && side.voters} clients={side.clients}>
                      <span class="mono" title={side.hash}>
                        {shortenHex(side.hash)}
                      </span>
                      {!side.counts && <span class="block faint">{t('splits.small')}</span>}
                      <Endpoints names={side.endpoints} />
                    </Side>
                  ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </article>
  );
}

interface SideProps {
  readonly nodes: number;
  /** null = that column is not shown. */
  readonly beside: number | null;
  readonly clients: Clients;
  readonly children: ComponentChildren;
}

const shownClients = 6;

function Side({ nodes, beside, clients, children }: SideProps) {
  const { t } = useApp();
  const rest = clients.slice(shownClients);
  return (
    <tr>
      <th scope="row">{children}</th>
      <td class="number strong">{t.numbers.count(nodes)}</td>
      {beside !== null && <td class="number faint">{t.numbers.count(beside)}</td>}
      <td>
        <span class="tags">
          {clients.slice(0, shownClients).map(({ client, version, nodes: own }) => (
            <span class="tag" key={`${client} ${version}`}>
              {client ?? t('node.clientUnknown')} {version ?? ''} <span class="number">{t.numbers.count(own)}</span>
            </span>
          ))}
          {rest.length > 0 && <span class="tag">{t('table.otherOf', { n: rest.length })}</span>}
        </span>
      </td>
    </tr>
  );
}

const shownEndpoints = 12;

/** Operators want to know which of their own nodes are on a side. */
function Endpoints({ names }: { readonly names: readonly string[] }) {
  const { t } = useApp();
  if (names.length === 0) return null;
  const rest = names.length - shownEndpoints;
  return (
    <span class="block faint">
      {t('splits.endpoints', { names: names.slice(0, shownEndpoints).join(', ') })}
      {rest > 0 && ` ${t('table.otherOf', { n: rest })}`}
    </span>
  );
}

function ForkSideName({ side: { kind, fork } }: { readonly side: ForkSide }) {
  const { t } = useApp();
  const at = fork === null ? '' : formatActivation(fork.kind, fork.at, t.numbers);
  const name = fork?.name ?? at;
  switch (kind) {
    case 'followed':
      return <>{fork === null ? t('splits.followed.genesis') : t('splits.followed', { fork: name })}</>;
    case 'missed':
      return <>{t('splits.missed', { fork: name })}</>;
    case 'unlisted':
      return <>{fork === null ? t('splits.unlisted') : t('splits.unlisted.at', { at })}</>;
  }
}

function ChainFacts({ split: { height, voters, voterKind, ancestor, forgers } }: { readonly split: ChainSplit }) {
  const { t } = useApp();
  const asked = voterKind === 'id' ? 'splits.height.byNode' : 'splits.height';
  return (
    <p>
      {t(asked, { height: t.numbers.count(height), voters })}{' '}
      {ancestor === null
        ? t('splits.ancestor.searched')
        : ancestor.from === ancestor.to
          ? t('splits.ancestor', { from: t.numbers.count(ancestor.from) })
          : t('splits.ancestor.between', {
              from: t.numbers.count(ancestor.from),
              to: t.numbers.count(ancestor.to),
            })}{' '}
      {forgers > 0 && t('splits.forgers', { n: forgers })}
    </p>
  );
}
