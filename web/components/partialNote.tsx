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
    <p class="note warn" role="status">
      <Icon name="warn" />
      <span>
        <strong>{t('partial.title')}</strong> {t(`partial.${partial}`, { window: t(`partial.window.${window}`) })}
        {looked < due && <> {t('partial.looked', { looked, due })}</>}
      </span>
    </p>
  );
}

/** Says what the hatching of a chart means: one sentence a reason, with the newest time it holds for. */
export function PartialLegend({
  spans,
  window,
}: {
  readonly spans: readonly PartialSpan[];
  readonly window: CountWindow;
}) {
  const { t } = useApp();
  const newest = new Map<PartialReason, PartialSpan>(spans.map((span) => [span.reason, span]));
  if (newest.size === 0) return null;
  return (
    <ul class="partial-legend">
      {[...newest.values()].map(({ from, to, reason }) => (
        <li key={reason}>
          <span class="hatch" aria-hidden="true" />
          <span>
            {t('partial.span', { from: formatMinute(from), to: formatMinute(to) })}{' '}
            {t(`partial.${reason}`, { window: t(`partial.window.${window}`) })}
          </span>
        </li>
      ))}
    </ul>
  );
}
