import type { Node } from '../../../api/contract/nodes.ts';
import { Link } from '../../components/link.tsx';
import type { Translate } from '../../i18n/translate.ts';
import { useApp } from '../../lib/appContext.ts';
import { clientLabel } from '../../lib/clientNames.ts';
import { parseForkKey } from '../../lib/forkKey.ts';
import { formatInstant, shortenHex } from '../../lib/format.ts';
import { outcomeTone } from '../../lib/outcomeTone.ts';

/** The parts of a node that the table, the cards and the node's own page all show alike. */

export function NodeId({ id }: { readonly id: string }) {
  return (
    <Link to={{ at: 'node', id }} class="mono" title={id}>
      {shortenHex(id, 10, 6)}
    </Link>
  );
}

export function NodeClient({ node }: { readonly node: Node }) {
  const { t } = useApp();
  if (node.client === null) return <span class="faint">{t('node.clientUnknown')}</span>;
  return (
    <span title={node.client.raw}>
      {clientLabel(node.client.name, node.client.name)}{' '}
      <span class="faint number">{shortVersion(node.client.version)}</span>
    </span>
  );
}

/** `v1.17.2-stable-991384a7` -> `v1.17.2`: the whole text is in the title and on the node's page. */
function shortVersion(version: string | null): string {
  return version === null ? '' : (version.split(/[-+]/, 1)[0] ?? '').slice(0, 16);
}

const classTones = {
  current: 'good',
  ready: 'good',
  conflicting: 'bad',
  outdated: 'bad',
  behind: 'warn',
  atGenesis: 'warn',
  ahead: 'info',
  notYetKnown: 'info',
  unknown: '',
} as const;

/** `brief` leaves out the hash if the schedule has a name for it. */
export function NodeFork({ node, brief = false }: { readonly node: Node; readonly brief?: boolean }) {
  const { t, networks } = useApp();
  if (node.forkId === null) return <span class="faint">–</span>;
  const network = networks.find((known) => known.slug === node.network?.slug) ?? null;
  const fork = parseForkKey(`${node.forkId.hash}/${node.forkId.next}`, network);
  const name = fork === null || fork.position === null ? null : fork.position === 0 ? t('fork.genesis') : fork.name;
  return (
    <span class="fork-name">
      {node.forkClass !== null && (
        <span class={`tag ${classTones[node.forkClass]}`}>{t(`forkClass.${node.forkClass}`)}</span>
      )}
      <span>
        {name !== null && name !== '' && (brief ? <span title={node.forkId.hash}>{name}</span> : `${name} `)}
        {(!brief || name === null || name === '') && <span class="mono faint">{node.forkId.hash.slice(2)}</span>}
      </span>
    </span>
  );
}

export function NodeNetwork({ node }: { readonly node: Node }) {
  const { t, networks } = useApp();
  if (node.network === null) return <span class="faint">–</span>;
  const { slug, source, ambiguous, candidates, relative, otherNetworkId } = node.network;
  const nameOf = (wanted: string): string => networks.find((known) => known.slug === wanted)?.name ?? wanted;
  const others = candidates.map(nameOf).join(', ');
  const name = slug === null ? t(relative ? 'identity.relative' : 'node.networkUnknown') : nameOf(slug);
  return (
    <span>
      {name}
      {source === 'enr' && (
        <span class="hint" title={t('node.networkHint.means')}>
          {t('node.networkHint')}
        </span>
      )}
      {ambiguous && (
        <span class="hint" title={t('node.networkAmbiguous.means')}>
          {t(node.forkClass === 'atGenesis' ? 'identity.atGenesis' : 'node.networkAmbiguous')}
        </span>
      )}
      {otherNetworkId && (
        <span class="hint" title={t('identity.otherNetworkId.means')}>
          {t('identity.named', { id: node.networkId ?? '' })}
        </span>
      )}
      {node.crawler && (
        <span class="hint" title={t('identity.crawler.means')}>
          {t('identity.crawler')}
        </span>
      )}
      {others !== '' && <span class="block faint">{t('identity.candidates', { networks: others })}</span>}
    </span>
  );
}

export function Ago({ at, now }: { readonly at: string | null; readonly now: number }) {
  const { t } = useApp();
  if (at === null) return <span class="faint">{t('node.never')}</span>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={formatInstant(ms)} class="number">
      {t('node.ago', { age: t.numbers.duration((now - ms) / 1_000) })}
    </time>
  );
}

export function Outcome({ code, reason }: { readonly code: string; readonly reason: number | null }) {
  const { t } = useApp();
  const words = t.find(`code.${code}`) ?? code;
  const detail = reason === null ? null : (t.find(`reason.${reason}`) ?? t('reason.other', { n: String(reason) }));
  return (
    <span class={`outcome ${outcomeTone(code, reason)}`}>
      {words}
      {detail !== null && <span class="faint"> · {detail}</span>}
    </span>
  );
}

/** How far a node's clock is off. */
export function clockText(skewMs: number, t: Translate): string {
  return t(skewMs < 0 ? 'clock.slow' : 'clock.fast', { by: t.numbers.duration(Math.abs(skewMs) / 1_000) });
}
