import { Counter, Gauge, type Registry } from 'prom-client';
import { readResults, type SourceBooks, sourceKinds, sourceStates } from './sourceBooks.ts';

/** Gauges and counters of sources, read at the time of a scrape. Labels: closed sets, never a path or a domain. */
export function measureSources(registry: Registry, books: SourceBooks, now: () => number): void {
  const registers = [registry];
  new Gauge({
    name: 'forkscope_crawler_sources',
    help: 'Files and lists in DNS that name nodes, by how they were read last: waiting = not yet, partial = entries are bad or missing, failed = not at all, and what was known of it stays',
    labelNames: ['kind', 'state'] as const,
    registers,
    collect() {
      for (const kind of sourceKinds)
        for (const state of sourceStates) this.set({ kind, state }, books.count(kind, state));
    },
  });
  new Gauge({
    name: 'forkscope_crawler_source_nodes',
    help: 'Nodes that files and lists in DNS named when they were read last, those that several name once for each',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      for (const kind of sourceKinds) this.set({ kind }, books.sum(kind, 'nodes'));
    },
  });
  new Gauge({
    name: 'forkscope_crawler_source_bad_entries',
    help: 'Entries of files and lists in DNS that could not be used when they were read last',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      for (const kind of sourceKinds) this.set({ kind }, books.sum(kind, 'bad'));
    },
  });
  new Gauge({
    name: 'forkscope_crawler_source_age_seconds',
    help: 'How long ago the list in DNS was read with success that this is longest ago of; since the start for one that never was; 0 without lists',
    registers,
    collect() {
      this.set(books.oldestMs(now()) / 1_000);
    },
  });
  new Counter({
    name: 'forkscope_crawler_source_reads_total',
    help: 'Readings of files and lists in DNS, by result',
    labelNames: ['kind', 'result'] as const,
    registers,
    collect() {
      this.reset();
      for (const kind of sourceKinds)
        for (const result of readResults) this.inc({ kind, result }, books.reads(kind, result));
    },
  });
}
