import { useApp } from '../lib/appContext.ts';
import { formatInstant, formatTime } from '../lib/format.ts';
import { ageNow } from '../lib/resourceState.ts';
import { useNow } from '../lib/useNow.ts';

/** How fresh the numbers are: the time of the last census and its age, counted on here. */
export function FreshnessBadge() {
  const { status, t } = useApp();
  const now = useNow(1_000);
  const { data, failure, receivedAt } = status.state;
  if (data === null) {
    return (
      <p class={`fresh ${failure === null ? 'waiting' : 'bad'}`}>
        {t(failure === null ? 'fresh.waiting' : 'fresh.none')}
      </p>
    );
  }
  const { asOf, stale } = data.freshness;
  const age = ageNow(data.freshness, receivedAt, now);
  if (asOf === null || age === null) return <p class="fresh waiting">{t('fresh.nothingYet')}</p>;
  const tone = failure !== null ? 'bad' : stale ? 'warn' : 'good';
  const at = Date.parse(asOf);
  return (
    <p class={`fresh ${tone}`} title={formatInstant(at)}>
      <span>
        {t(failure !== null ? 'fresh.lost' : stale ? 'fresh.stale' : 'fresh.asOf')}{' '}
        <time dateTime={asOf} class="number">
          {age > 86_400 ? formatInstant(at) : `${formatTime(at)} UTC`}
        </time>
      </span>
      <span class="age number">{t('fresh.age', { age: t.numbers.duration(age) })}</span>
    </p>
  );
}
