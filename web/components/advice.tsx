import type { StatusResponse } from '../../api/contract/networks.ts';
import type { Translate } from '../i18n/translate.ts';
import { useApp } from '../lib/appContext.ts';
import { formatInstant } from '../lib/format.ts';
import { useNow } from '../lib/useNow.ts';
import { Icon } from './icon.tsx';

type Problem = StatusResponse['crawlers'][number]['bootnodeProblems'][number];

/** What is wrong with the crawl itself, in plain words, and what to try. */
export function Advice() {
  const { status, network, t } = useApp();
  const advice = status.state.data?.advice ?? [];
  const notWatched = network?.watched === false ? network.name : null;
  if (advice.length === 0 && notWatched === null) return null;
  const problems = status.state.data?.crawlers.flatMap(({ bootnodeProblems }) => bootnodeProblems) ?? [];
  return (
    <div class="advice" role="status">
      {notWatched === null ? null : (
        <div class="note">
          <Icon name="info" />
          <div>
            <p class="state-title">{t('advice.notWatched.title', { network: notWatched })}</p>
            <p>{t('advice.notWatched.text')}</p>
          </div>
        </div>
      )}
      {advice.map(({ code, message }) => (
        <div class={`note ${code === 'visitsAtStake' ? 'bad' : 'warn'}`} key={code}>
          <Icon name="warn" />
          <div>
            <p class="state-title">{t.find(`advice.${code}.title`) ?? code}</p>
            <p>{t.language === 'en' ? message : (t.find(`advice.${code}.try`) ?? message)}</p>
            {code === 'visitsHeld' || code === 'visitsAtStake' ? <Held /> : null}
            {code === 'noBootnode' || code === 'bootnodesUnusable' ? <BootnodeProblems problems={problems} /> : null}
          </div>
        </div>
      ))}
    </div>
  );
}

/** Which crawler holds how many visits, where, and since when. */
function Held() {
  const { status, t } = useApp();
  const now = useNow(10_000);
  const crawlers = status.state.data?.crawlers ?? [];
  return (
    <ul class="bootnode-problems">
      {crawlers.flatMap(({ vantage, held }) =>
        held === null ? (
          []
        ) : (
          <li key={vantage}>
            {t('advice.held.line', {
              vantage,
              inMemory: countOrDash(held.inMemory, t),
              onDisk: countOrDash(held.onDisk, t),
              at: formatInstant(Date.parse(held.since)),
              age: t.numbers.duration((now - Date.parse(held.since)) / 1_000),
            })}
          </li>
        ),
      )}
    </ul>
  );
}

function countOrDash(count: number | null, t: Translate): string {
  return count === null ? '–' : t.numbers.count(count);
}

/** Several crawlers may be given the same bootnode. */
function BootnodeProblems({ problems }: { readonly problems: readonly Problem[] }) {
  const { t } = useApp();
  const unique = new Map(problems.map((problem) => [`${problem.network} ${problem.bootnode}`, problem]));
  return (
    <ul class="bootnode-problems">
      {[...unique].map(([key, { bootnode, network, code, about }]) => (
        <li key={key}>
          <span class="mono" title={bootnode}>
            {shorten(bootnode)}
          </span>
          {network === null ? null : <span> {t('bootnode.from', { network })}</span>}
          <br />
          {t(`bootnode.${code}`, { about })}
        </li>
      ))}
    </ul>
  );
}

/** The key of an enode URL is longer than a line, and the address after it is what tells. */
function shorten(bootnode: string): string {
  const short = bootnode.replace(/^(enode:\/\/[0-9a-f]{8})[0-9a-f]+/i, '$1…');
  return short.length > 80 ? `${short.slice(0, 79)}…` : short;
}
