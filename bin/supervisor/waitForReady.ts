import { sleep } from '../../lib/sleep.ts';

/** Asks `url` until it answers 200; false when `signal` aborted before that. `onSlow` is called every ten seconds. */
export async function waitForReady(
  url: string,
  signal: AbortSignal,
  onSlow: (seconds: number) => void,
): Promise<boolean> {
  const startedAt = performance.now();
  let told = 0;
  while (!signal.aborted) {
    if (await isReady(url, signal)) return true;
    const seconds = Math.floor((performance.now() - startedAt) / 1_000);
    if (seconds >= told + 10) {
      told = seconds;
      onSlow(seconds);
    }
    await sleep(100, signal);
  }
  return false;
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
