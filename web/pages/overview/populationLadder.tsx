import type { Population } from '../../../api/contract/common.ts';
import type { NetworkSummaryResponse } from '../../../api/contract/networks.ts';
import { rememberedSlots } from '../../charts/colours.ts';
import { Link } from '../../components/link.tsx';
import { PartialNote } from '../../components/partialNote.tsx';
import { Swatch } from '../../components/swatch.tsx';
import type { PlainKey } from '../../i18n/translate.ts';
import { useApp } from '../../lib/appContext.ts';

const order: readonly Population[] = ['seen', 'alive', 'reachable', 'identified', 'inboundOnly'];

/** The populations that the chart below draws, in its colours. */
const drawn: readonly Population[] = ['alive', 'reachable', 'identified'];

/** The populations that are a part of another number. */
const stepWords: Readonly<Partial<Record<Population, PlainKey>>> = {
  alive: 'ladder.of.alive',
  reachable: 'ladder.of.reachable',
  identified: 'ladder.of.identified',
};

/** The populations from rumour to proof, each with both figures and its share of the one before. */
export function PopulationLadder({ data }: { readonly data: NetworkSummaryResponse }) {
  const { t, view } = useApp();
  const of = new Map(data.populations.map((row) => [row.population, row]));
  const other = view.figure === 'ids' ? 'ips' : 'ids';
  const slots = rememberedSlots('population', drawn);
  // What the first partial step says holds for those that are a part of it.
  const worst = order
    .map((population) => of.get(population))
    .find((row) => row?.coverage[view.window]?.partial != null);
  const otherWindow = view.window === 'now' ? 'day' : 'now';
  return (
    <>
      <PartialNote coverage={worst?.coverage[view.window] ?? null} window={view.window} />
      <dl class="ladder">
        {order.map((population) => {
          const row = of.get(population);
          const shown = row?.[view.window];
          const words = stepWords[population];
          // Each step has its own whole: who has dialled us is identified, but need not be reachable.
          const whole = row?.whole[view.window] ?? (population === 'alive' ? of.get('seen')?.[view.window] : undefined);
          const share =
            words === undefined || shown === undefined || whole === undefined
              ? null
              : { words, part: shown[view.figure], whole: whole[view.figure] };
          const unknown = row?.coverage[view.window]?.unknown?.[view.figure] ?? 0;
          return (
            <div class={`rung ${population}`} key={population}>
              <dt>
                {drawn.includes(population) && <Swatch slot={slots.get(population) ?? -1} />}
                <Link to={{ at: 'nodes' }} more={{ population: population === 'alive' ? undefined : population }}>
                  {t(`population.${population}`)}
                </Link>
              </dt>
              <dd class="figure number">{shown === undefined ? '–' : t.numbers.count(shown[view.figure])}</dd>
              <dd class="rung-more number">
                {shown === undefined ? '–' : t(`figure.${other}.count`, { n: shown[other] })}
              </dd>
              {unknown > 0 && <dd class="rung-more faint number">{t('ladder.unknown', { n: unknown })}</dd>}
              <dd class="rung-more faint number">
                {t(otherWindow === 'now' ? 'window.now' : 'window.day')}{' '}
                {row === undefined ? '–' : t.numbers.count(row[otherWindow][view.figure])}
              </dd>
              <dd class="rung-share">
                {share === null ? (
                  <span class="faint">{t(population === 'seen' ? 'ladder.start' : 'ladder.beside')}</span>
                ) : (
                  <ShareOf text={t(share.words, { share: t.numbers.share(share.part, share.whole) })} {...share} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      <details class="definitions">
        <summary>{t('ladder.words')}</summary>
        <dl>
          {order.map((population) => (
            <div key={population}>
              <dt>{t(`population.${population}`)}</dt>
              <dd>{t(`population.${population}.means`)}</dd>
            </div>
          ))}
          <div>
            <dt>{t('figure.both')}</dt>
            <dd>{t('figure.means')}</dd>
          </div>
          <div>
            <dt>{t('window.both')}</dt>
            <dd>{t('window.means')}</dd>
          </div>
        </dl>
      </details>
    </>
  );
}

function ShareOf({ text, part, whole }: { text: string; part: number; whole: number }) {
  return (
    <>
      <meter min={0} max={Math.max(1, whole)} value={part} aria-label={text} />
      <span aria-hidden="true">{text}</span>
    </>
  );
}
