import { availableParallelism, cpus, totalmem } from 'node:os';

/** What a result depends on besides the code. */
export function machine(): object {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
  };
}

/** Calls a second, over `ms` of wall time after a warm-up of a tenth of it; batches keep the clock out of the sum. */
export function rate(work: () => unknown, ms: number): number {
  let batch = 1;
  for (const until = performance.now() + ms / 10; performance.now() < until; ) {
    const start = performance.now();
    for (let i = 0; i < batch; i++) work();
    if (performance.now() - start < 2) batch *= 2;
  }
  let calls = 0;
  const start = performance.now();
  let now = start;
  while (now - start < ms) {
    for (let i = 0; i < batch; i++) work();
    calls += batch;
    now = performance.now();
  }
  return Math.round((calls * 1000) / (now - start));
}

/** To two decimals: more would be noise. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
