import type { Clock } from '../p2p/ports.ts';

/** The outcome of one delivery. `detail` never holds the address, which may be a secret. */
export type PostOutcome = { readonly at: 'delivered' } | { readonly at: 'failed'; readonly detail: string };

/** POSTs JSON. Redirects are not followed: it goes only where the operator said. Never rejects. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  clock: Pick<Clock, 'after'>,
): Promise<PostOutcome> {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'user-agent': 'forkscope', ...headers },
      redirect: 'manual',
      signal: late.signal,
    });
    await response.body?.cancel();
    return response.ok ? { at: 'delivered' } : { at: 'failed', detail: `http ${response.status}` };
  } catch {
    return { at: 'failed', detail: late.signal.aborted ? 'timeout' : 'unreachable' };
  } finally {
    cancel();
  }
}
