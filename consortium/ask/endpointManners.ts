import { isRecord, type RawAnswer } from './parseNode.ts';

/**
 * What is remembered of an endpoint so as not to be a nuisance to it: which methods it does not know, because each such
 * request is a line in its log, and since when it refuses us, because each refusal is one in somebody's.
 */
export interface EndpointManners {
  /** False for a method that the node does not know, until it is that method's turn to be tried again. */
  mayAsk(method: string, now: number): boolean;
  /** Takes what came of a request. */
  note(method: string, answer: RawAnswer, now: number): void;
  /** True once the node has said of a method that it does not know it, and once an hour from then on. */
  wantsModules(now: number): boolean;
  /** Takes the answer to `rpc_modules`. */
  noteModules(answer: RawAnswer | undefined, now: number): void;
  /** The refusal to repeat instead of asking again already; null when it may be asked. */
  refusal(now: number): string | null;
}

/** A node's own log gets at most one line of ours in this time. */
const retryMs = 3_600_000;
/** Refusals in a row before the pauses begin, and the longest pause: so late is an opened door seen. */
const patience = 3;
const firstPauseMs = 5_000;
const maxPauseMs = 30_000;
/** Far above any node's namespaces. */
const maxModules = 64;

export const unknownMethod = { code: -32601, message: 'the method does not exist/is not available' } as const;

export function createManners(): EndpointManners {
  // BOUNDED: by the read-only methods
  const missing = new Set<string>();
  let modules: ReadonlySet<string> | null = null;
  let modulesAt: number | null = null;
  let triedAt = 0;
  let mayHaveRestarted = false;
  let refused: { readonly text: string; readonly times: number; readonly at: number } | null = null;

  const forget = (): void => {
    missing.clear();
    modules = null;
    modulesAt = null;
    mayHaveRestarted = false;
  };
  return {
    mayAsk(method, now) {
      if (modules !== null && !modules.has(namespaceOf(method))) return false;
      if (!missing.has(method)) return true;
      if (now - triedAt < retryMs) return false;
      triedAt = now;
      // The next turn is another method's.
      missing.delete(method);
      return true;
    },
    note(method, answer, now) {
      if ('transportError' in answer) {
        noteFailure(answer.transportError, now);
        return;
      }
      refused = null;
      if (mayHaveRestarted) forget();
      if ('error' in answer && isUnknownMethod(answer.error)) {
        missing.add(method);
        triedAt = now;
      }
    },
    wantsModules: (now) => (modulesAt === null ? missing.size > 0 : modules !== null && now - modulesAt >= retryMs),
    noteModules(answer, now) {
      const listed = readModules(answer);
      // What is new may be asked at once.
      if (listed !== null) for (const method of missing) if (!modules?.has(namespaceOf(method))) missing.delete(method);
      modulesAt = now;
      modules = listed;
    },
    refusal(now) {
      if (refused === null || refused.times < patience) return null;
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (refused.times - patience));
      return now - refused.at < pauseMs ? refused.text : null;
    },
  };

  function noteFailure(text: string, now: number): void {
    // A process that was started again may have other methods, and has a log of its own.
    if (text === 'refused' || text.startsWith('unreachable')) mayHaveRestarted = true;
    if (!isRefusal(text)) refused = null;
    // All calls of a batch that failed together are one refusal.
    else if (refused?.at !== now) refused = { text, times: Math.min((refused?.times ?? 0) + 1, 32), at: now };
  }
}

/** The namespaces that a node serves, by name; null when it does not say. geth, GoQuorum and Besu all do. */
function readModules(answer: RawAnswer | undefined): ReadonlySet<string> | null {
  const listed = answer !== undefined && 'result' in answer ? answer.result : null;
  if (!isRecord(listed) || !Object.hasOwn(listed, 'eth')) return null;
  return new Set([...Object.keys(listed).slice(0, maxModules), 'rpc']);
}

/** geth and GoQuorum say -32601; Besu says -32604 where an API is not enabled. */
function isUnknownMethod(error: { readonly code: number; readonly message: string }): boolean {
  return error.code === -32601 || error.code === -32604 || /does not exist\/is not available/.test(error.message);
}

/** Something alive that will not let us in, and that asking again will hardly change. */
function isRefusal(text: string): boolean {
  return /^(unauthorized|vhost|html|tls)$/.test(text) || /^httpStatus:[45]/.test(text);
}

function namespaceOf(method: string): string {
  return method.slice(0, method.indexOf('_'));
}
