import { SettingsError } from '../../lib/errors.ts';
import { type Lifetime, whenAborted } from '../../lib/lifecycle.ts';
import type { Logger } from '../../lib/logger.ts';
import { type ChildSpec, supervise } from './supervise.ts';
import { waitForReady } from './waitForReady.ts';

export class ChildRefusedError extends SettingsError<{ code: 'childRefused'; part: string; words: string }> {
  constructor(part: string, words: string) {
    const message = words === '' ? 'cannot work as it is called or configured (exit code 2)' : words;
    super({ code: 'childRefused', part, words }, `${part}: ${message}`);
  }
}

/** The supervising process as its children need it. */
export interface ChildrenContext {
  readonly signal: AbortSignal;
  /** Registers what to do when the process is forced to end before it ended by itself. */
  onForce(act: () => void): void;
  stdout(text: string): void;
  stderr(text: string): void;
}

/**
 * Supervises the children until the signal aborts; when the API is ready, prints the greeting and the URL on stdout.
 * @throws ChildRefusedError as soon as one cannot work as it is configured
 */
export async function runChildren(
  context: ChildrenContext,
  children: readonly ChildSpec[],
  life: Lifetime,
  log: Logger,
  greeting: string,
): Promise<void> {
  const refused = new AbortController();
  const signal = AbortSignal.any([context.signal, refused.signal]);
  let greeted = '';
  const greet = async (url: string): Promise<void> => {
    if (greeted === url) return;
    greeted = url;
    const onSlow = (seconds: number): void => log.warn('the API is not ready yet', { url, seconds });
    if (await waitForReady(new URL('/readyz', url).href, signal, onSlow)) context.stdout(`${greeting}: ${url}\n`);
  };
  const supervisor = supervise({
    children,
    log,
    write: context.stderr,
    onMessage: (name, message) => {
      const url = announcedUrl(message);
      if (name === 'serve' && url !== null) void greet(url);
    },
    onRefused: (name, words) => refused.abort(new ChildRefusedError(name, words)),
  });
  life.add('children', () => supervisor.stop(), 45_000);
  context.onForce(() => supervisor.kill());
  await whenAborted(signal);
  log.info('shutting down: children first, then the database');
  refused.signal.throwIfAborted();
}

function announcedUrl(message: unknown): string | null {
  if (typeof message !== 'object' || message === null || !('kind' in message) || message.kind !== 'listening')
    return null;
  return 'url' in message && typeof message.url === 'string' ? message.url : null;
}
