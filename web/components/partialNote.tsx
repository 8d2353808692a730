import type { CountWindow, Coverage, PartialReason } from '../../api/contract/common.ts';
import type { PartialSpan } from '../charts/partialSpans.ts';
import { useApp } from '../lib/appContext.ts';
import { formatMinute } from '../lib/format.ts';
import { Icon } from './icon.tsx';

/** Says in a sentence why a count is partial, and how much of what was due was looked at; nothing for a complete one. */
export function PartialNote({
  coverage,
  window,
}: {
  readonly coverage: Coverage | null;
  readonly window: CountWindow;
}) {
  const { t } = useApp();
  if (coverage === null || coverage.partial === null) return null;
  const { due, looked, partial } = coverage;
  return (
    <p class={partial === 'firstHours' ? 'note' : 'note warn'} role="status">
      {partial !== 'firstHours' && <Icon name="warn" />}
      <span>
        <strong>{t('partial.title')}</strong> {t(`partial.${partial}`, { window: t(`partial.window.${window}`) })}
        {looked < due && <> {t('partial.looked', { looked, due })}</>}
      </span>
    </p>
  );
}

/** The same in few words, where the sentence stands elsewhere on the page or would stand too often. */
export function PartialMark({ coverage }: { readonly coverage: Coverage | null }) {
  const { t } = useApp();
  if (coverage === null || coverage.partial === null) return null;
  return (
    <p class="chart-note faint">
      <strong>{t('partial.title')}</strong> {t(`partial.${coverage.partial}.short`)}
    </p>
  );
}

/** Says what the hatching of a chart means: one sentence a reason, with the newest time it holds for. */
export function PartialLegend({ spans }: { readonly spans: readonly PartialSpan[] }) {
  const { t } = useApp();
  const newest = new Map<PartialReason, PartialSpan>(spans.map((span) => [span.reason, span]));
  if (newest.size === 0) return null;
  return (
    <ul class="partial-legend">
      {[...newest.values()].map(({ from, to, reason }) => (
        <li key={reason}>
          <span class="hatch" aria-hidden="true" />
          <span>
            {t('partial.span', { from: formatMinute(from), to: formatMinute(to) })} {t(`partial.${reason}.short`)}
          </span>
        </li>
      ))}
    </ul>
  );
}
