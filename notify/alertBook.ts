import { type Alert, type Notice, type NoticeChange, noticeKey, type Severity } from './notice.ts';

/** Something that may be wrong at present, as one look at its subject shows it. */
export interface Condition {
  readonly name: string;
  /** Of the notice that it is a part of; there is one condition of a name in each kind. */
  readonly kind: string;
  /** Null: unknown, so nothing changes, and nothing begins. */
  readonly holds: boolean | null;
  /** How long it must hold before it is told, ms. */
  readonly forMs: number;
  readonly severity: Severity;
  readonly summary: string;
  /** What to do. */
  readonly description: string;
  /** Conditions, of any kind unless one is named, that are only symptoms of this one: they do not begin while it fires. */
  readonly hides?: readonly { readonly name: string; readonly kind?: string }[];
  /** What tells this one from others of its name; the same for all of a kind. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What is remembered of one subject. BOUNDED: by the names of its conditions. */
export interface AlertBook {
  /** Since when each condition holds, by conditionKey. */
  readonly since: ReadonlyMap<string, number>;
  /** By kind. */
  readonly open: ReadonlyMap<string, NoticeChange>;
}

/** What a condition is known by in a book. */
export function conditionKey({ kind, name }: Pick<Condition, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

export const quietBook: AlertBook = { since: new Map(), open: new Map() };

/** A book that goes on where the open notices of an earlier run ended. */
export function openBook(changes: readonly NoticeChange[]): AlertBook {
  const open = changes.filter(({ notice }) => notice.endsAt === null);
  const firing = open.flatMap(({ notice: { kind, parts } }) =>
    parts.filter(({ endsAt }) => endsAt === null).map(({ name, startsAt }) => ({ kind, name, startsAt })),
  );
  return {
    since: new Map(firing.map((part) => [conditionKey(part), part.startsAt])),
    open: new Map(open.map((change) => [change.notice.kind, change])),
  };
}

/**
 * Takes what one look shows, in the order of importance; returns the notices that changed. A notice begins with the first of
 * its conditions, is told again when it becomes critical, and ends with the last of them. Pure, in the looks' own time.
 */
export function readConditions(
  before: AlertBook,
  about: Pick<Notice, 'subject' | 'labels' | 'page'> & { readonly now: number },
  conditions: readonly Condition[],
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { now } = about;
  const since = new Map(before.since);
  for (const condition of conditions) {
    const key = conditionKey(condition);
    if (condition.holds === true && !since.has(key)) since.set(key, now);
    if (condition.holds === false) since.delete(key);
  }
  const ripe = conditions.filter(
    (condition) => condition.holds === true && now - (since.get(conditionKey(condition)) ?? now) >= condition.forMs,
  );
  const hidden = ripe.flatMap(({ hides = [] }) => hides);
  const begins = ripe.filter(
    ({ name, kind }) => !hidden.some((each) => each.name === name && (each.kind ?? kind) === kind),
  );
  const open = new Map(before.open);
  const changed: NoticeChange[] = [];
  for (const kind of new Set([...open.keys(), ...begins.map((condition) => condition.kind)])) {
    const told = open.get(kind);
    const started = begins.filter((condition) => condition.kind === kind);
    const sinceOf = (name: string): number | undefined => since.get(conditionKey({ kind, name }));
    const parts = readParts(told?.notice.parts ?? [], started, sinceOf, now);
    if (parts === null) continue;
    const labels = { ...about.labels, ...started[0]?.labels };
    const change = turn(told, { ...about, labels, kind, parts }, now);
    changed.push(change);
    if (change.notice.endsAt === null) open.set(kind, change);
    else open.delete(kind);
  }
  return { book: { since, open }, changed };
}

/** The parts after this look, the gravest that fires first; null if none began or ended. */
function readParts(
  before: readonly Alert[],
  begins: readonly Condition[],
  sinceOf: (name: string) => number | undefined,
  now: number,
): readonly Alert[] | null {
  const firing = new Set(before.filter(({ endsAt }) => endsAt === null).map(({ name }) => name));
  const started = begins
    .filter(({ name }) => !firing.has(name))
    .map(
      ({ name, severity, summary, description }): Alert => ({
        name,
        severity,
        summary,
        description,
        startsAt: sinceOf(name) ?? now,
        endsAt: null,
      }),
    );
  const ended = new Set([...firing].filter((name) => sinceOf(name) === undefined));
  if (started.length === 0 && ended.size === 0) return null;
  const renewed = new Set(started.map(({ name }) => name));
  const kept = before
    .filter(({ name }) => !renewed.has(name))
    .map((part) => (ended.has(part.name) && part.endsAt === null ? { ...part, endsAt: now } : part));
  const parts = [...started, ...kept];
  const rank = ({ severity, endsAt }: Alert): number => (endsAt === null ? 0 : 2) + (severity === 'critical' ? 0 : 1);
  return parts.sort((a, b) => rank(a) - rank(b));
}

function turn(
  told: NoticeChange | undefined,
  now: Pick<Notice, 'kind' | 'subject' | 'labels' | 'page' | 'parts'>,
  at: number,
): NoticeChange {
  const { kind, subject, labels, page, parts } = now;
  const [gravest] = parts;
  if (gravest === undefined) throw new RangeError(`a notice without parts: ${noticeKey(now)}`);
  const { name, severity, summary, description } = gravest;
  if (told === undefined) {
    const startsAt = Math.min(...parts.map((part) => part.startsAt));
    const notice = { kind, subject, labels, page, parts, name, severity, summary, description, startsAt };
    return { notice: { ...notice, was: [], endsAt: null }, version: 1 };
  }
  const before = told.notice;
  if (gravest.endsAt !== null) return { notice: { ...before, parts, page, endsAt: at }, version: told.version + 1 };
  if (severity === before.severity || severity === 'warning') return { ...told, notice: { ...before, parts, page } };
  const was = [...before.was, { name: before.name, severity: before.severity }];
  return {
    notice: { ...before, parts, page, was, name, severity, summary, description },
    version: told.version + 1,
  };
}
