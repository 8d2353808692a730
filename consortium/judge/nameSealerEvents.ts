import type { SealedHeader } from '../ask/sealedHeader.ts';
import type { SealerBook } from './sealerBook.ts';
import type { SealerEvent, SealerEventKind } from './sealerEvent.ts';

/** What changed from one book to the next. A chain that is not seen for a while has not thereby changed. Pure. */
export function nameEvents(
  before: SealerBook,
  after: SealerBook,
  look: { readonly t: number; readonly headers: readonly SealedHeader[] },
  cluster: string,
): readonly SealerEvent[] {
  const { t } = look;
  const missing = Object.keys(after.silent);
  const nodeOf = (address: string): string | null =>
    Object.entries(after.selves).find(([, self]) => self === address)?.[0] ?? null;
  const event = (kind: SealerEventKind, more: Partial<SealerEvent> = {}): SealerEvent => ({
    cluster,
    kind,
    at: t,
    detectedAt: t,
    sealer: null,
    node: null,
    added: [],
    removed: [],
    active: after.set.length - missing.length,
    validators: after.set.length,
    block: after.head?.number ?? null,
    ...more,
  });
  const about = (sealer: string): Partial<SealerEvent> => ({ sealer, node: nodeOf(sealer) });
  const events: SealerEvent[] = [];
  if (after.haltTold && !before.haltTold) events.push(event('halted', { at: Math.min(after.head?.since ?? t, t) }));
  if (before.haltTold && !after.haltTold) {
    const first = look.headers.find(({ number }) => number > (before.head?.number ?? 0));
    events.push(event('resumed', { at: Math.max(before.lookedAt, Math.min(first?.at ?? t, t)) }));
  }
  if (before.set.length > 0 && before.set.join() !== after.set.join()) {
    const added = after.set.filter((address) => !before.set.includes(address));
    const removed = before.set.filter((address) => !after.set.includes(address));
    events.push(event('validatorsChanged', { added, removed }));
  }
  for (const address of missing) {
    if (before.silent[address] === undefined) events.push(event('sealerSilent', about(address)));
  }
  for (const address of Object.keys(before.silent)) {
    if (after.silent[address] === undefined) events.push(event('sealerBack', about(address)));
  }
  if (after.storm !== before.storm)
    events.push(event(after.storm ? 'roundChangeStormStarted' : 'roundChangeStormEnded'));
  return events;
}
