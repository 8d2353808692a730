import type { ComponentChildren } from 'preact';
import type { Population } from '../../../api/contract/common.ts';
import type { Node } from '../../../api/contract/nodes.ts';
import { Panel } from '../../components/panel.tsx';
import type { Numbers } from '../../i18n/numbers.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatActivation, formatEndpoint, formatInstant, shortenHex } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago, clockText, NodeFork, NodeNetwork } from '../nodes/nodeParts.tsx';

const steps: readonly Population[] = ['seen', 'alive', 'reachable', 'identified'];

interface NodeProps {
  readonly node: Node;
}

/** What the node is: what has been proven, what it runs, and where it is on its chain. */
export function NodeFacts({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <div class="columns wide-first">
      <Panel title={t('node.what')}>
        <dl class="pairs">
          <ClientPair node={node} />
          <Pair name={t('table.network')}>
            <NodeNetwork node={node} />
            {node.networkId !== null && <span class="block faint">{t('node.networkId', { id: node.networkId })}</span>}
          </Pair>
          <Pair name={t('node.genesis')}>
            {node.genesisHash === null ? (
              <span class="faint">–</span>
            ) : (
              <span class="mono" title={node.genesisHash}>
                {shortenHex(node.genesisHash)}
              </span>
            )}
          </Pair>
          <ForkPair node={node} />
          <HeadPair node={node} />
          <CapabilitiesPair node={node} />
          <ClockPair node={node} />
          <DiscoveryPair node={node} />
          <LayerPair node={node} />
          <AddressPair node={node} />
          <Pair name={t('node.idHash')}>
            <span class="mono break">{node.idHash}</span>
            <span class="block faint">{t('node.idHash.means')}</span>
          </Pair>
        </dl>
      </Panel>
      <ProvenPanel node={node} />
    </div>
  );
}

function ClientPair({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <Pair name={t('table.client')}>
      {node.client === null ? (
        <>
          {t('node.clientUnknown')}
          <span class="block faint">{t('node.clientUnknown.why')}</span>
        </>
      ) : (
        <>
          <span class="mono break">{node.client.raw}</span>
          <span class="block faint">
            {[node.client.version, node.client.os, node.client.arch, node.client.language]
              .filter((part) => part !== null)
              .join(' · ')}
          </span>
        </>
      )}
    </Pair>
  );
}

function ForkPair({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <Pair name={t('table.forkId')}>
      <NodeFork node={node} />
      {node.forkId !== null && (
        <span class="block faint">
          {node.forkId.next === '0'
            ? t('node.noNext')
            : t('node.next', { next: nextForkText(node.forkId.next, t.numbers) })}
        </span>
      )}
      {node.forkClass !== null && <span class="block faint">{t(`forkClass.${node.forkClass}.means`)}</span>}
    </Pair>
  );
}

function HeadPair({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <Pair name={t('node.head')}>
      {node.headNumber === null ? (
        <span class="faint">–</span>
      ) : (
        <span class="number">#{t.numbers.count(node.headNumber)}</span>
      )}{' '}
      {node.synced !== null && (
        <span class={`tag ${node.synced ? 'good' : 'warn'}`}>{t(node.synced ? 'sync.synced' : 'sync.lagging')}</span>
      )}
      {node.headAt !== null && (
        <span class="block faint">{t('node.head.at', { at: formatInstant(Date.parse(node.headAt)) })}</span>
      )}
      {node.earliestBlock !== null && (
        <span class="block faint">{t('node.earliest', { block: t.numbers.count(node.earliestBlock) })}</span>
      )}
    </Pair>
  );
}

function CapabilitiesPair({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <Pair name={t('node.capabilities')}>
      {node.capabilities.length === 0 ? (
        <span class="faint">–</span>
      ) : (
        <span class="tags">
          {node.capabilities.map((capability) => (
            <span class="tag mono" key={capability}>
              {capability}
            </span>
          ))}
        </span>
      )}
      {node.helloShortened && <span class="block faint">{t('node.helloShortened')}</span>}
    </Pair>
  );
}

/** Only of a clock that is off: discovery tells no more of others than that they are about right. */
function ClockPair({ node }: NodeProps) {
  const { t } = useApp();
  if (node.clockSkewMs === null) return null;
  return (
    <Pair name={t('node.clock')}>
      <span class="tag warn">{clockText(node.clockSkewMs, t)}</span>
      <span class="block faint">{t('node.clock.means')}</span>
    </Pair>
  );
}

/** By what it became known, and by which protocols it answers. */
function DiscoveryPair({ node }: NodeProps) {
  const { t } = useApp();
  const now = useNow(30_000);
  const answers = [
    ['discv4', node.lastDiscv4At],
    ['discv5', node.lastDiscv5At],
  ] as const;
  const told = answers.filter(([, at]) => at !== null);
  return (
    <>
      <Pair name={t('node.foundBy')}>
        {node.foundBy.length === 0 ? (
          <span class="faint">–</span>
        ) : (
          node.foundBy.map((by) => t(`foundBy.${by}`)).join(', ')
        )}
      </Pair>
      <Pair name={t('node.answers')}>
        {told.length === 0 && <span class="faint">–</span>}
        {told.map(([protocol, at]) => (
          <span class="block" key={protocol}>
            {protocol}{' '}
            <span class="faint">
              <Ago at={at} now={now} />
            </span>
          </span>
        ))}
      </Pair>
    </>
  );
}

function LayerPair({ node }: NodeProps) {
  const { t } = useApp();
  const { layer, consensus, recordClient } = node;
  return (
    <Pair name={t('node.layer')}>
      {layer === null ? <span class="faint">–</span> : t(`layer.${layer}`)}
      {consensus !== null && (
        <span class="block faint">
          {t('node.consensus', { network: consensus.network ?? '–' })} <span class="mono">{consensus.digest}</span>
        </span>
      )}
      {recordClient !== null && <span class="block faint">{t('node.recordClient', { client: recordClient })}</span>}
    </Pair>
  );
}

function AddressPair({ node }: NodeProps) {
  const { t } = useApp();
  return (
    <Pair name={t('table.address')}>
      {node.udp === 0 ? (
        <span class="faint">{t('node.noUdp')}</span>
      ) : (
        <>
          <span class="mono">{formatEndpoint(node.ip, node.udp)}</span> UDP
        </>
      )}
      <span class="block">
        {node.tcp === 0 ? (
          <span class="faint">{t('node.noTcp')}</span>
        ) : (
          <>
            <span class="mono">{formatEndpoint(node.ip, node.tcp)}</span> TCP
          </>
        )}
      </span>
    </Pair>
  );
}

function ProvenPanel({ node }: NodeProps) {
  const { t } = useApp();
  const now = useNow(30_000);
  const provenAt: Readonly<Partial<Record<Population, string | null>>> = {
    seen: node.firstSeenAt,
    alive: node.lastAliveAt,
    reachable: node.lastReachableAt,
    identified: node.lastIdentifiedAt,
  };
  return (
    <Panel title={t('node.proven')} scope={t('node.proven.scope')}>
      <ol class="proofs">
        {steps.map((population) => {
          const at = provenAt[population] ?? null;
          return (
            <li key={population} class={at === null ? 'not' : 'done'}>
              <p>
                <strong>{t(`population.${population}`)}</strong>{' '}
                {population === 'seen' ? (
                  <span class="faint">{t('node.firstSeen', { at: formatInstant(Date.parse(node.firstSeenAt)) })}</span>
                ) : (
                  <span class="faint">
                    <Ago at={at} now={now} />
                  </span>
                )}
              </p>
              <p class="faint">{t(`population.${population}.means`)}</p>
            </li>
          );
        })}
      </ol>
      {node.populations.includes('inboundOnly') && <p class="note">{t('population.inboundOnly.means')}</p>}
    </Panel>
  );
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** EIP-2124 does not mark it: a number above this timestamp is a time, otherwise a block. */
const firstTimestamp = 1_438_269_973n;

function nextForkText(next: string, numbers: Numbers): string {
  return formatActivation(BigInt(next) > firstTimestamp ? 'time' : 'block', next, numbers);
}
