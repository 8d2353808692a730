import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** MiB at the end of the run, with everything still held: as it was, and after a full collection. */
export interface MemoryAtEnd {
  readonly rss: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  /** What is alive: objects, and bytes outside the heap that belong to them. */
  readonly liveHeap: number;
  readonly liveArrayBuffers: number;
  readonly rssAfterCollection: number;
}

export function measureMemory(): MemoryAtEnd {
  const before = process.memoryUsage();
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
  const after = process.memoryUsage();
  return {
    rss: mib(before.rss),
    heapTotal: mib(before.heapTotal),
    heapUsed: mib(before.heapUsed),
    liveHeap: mib(getHeapStatistics().used_heap_size),
    liveArrayBuffers: mib(after.arrayBuffers),
    rssAfterCollection: mib(after.rss),
  };
}

export function mib(bytes: number): number {
  return Math.round((100 * bytes) / 2 ** 20) / 100;
}
