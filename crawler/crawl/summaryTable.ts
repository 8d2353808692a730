import { describeBootnodeProblem, describeNoBootnode } from '../../lib/bootnodeProblem.ts';
import { countOf } from '../../lib/plural.ts';
import type { BootnodeTally } from './bootnodes.ts';
import type { CrawlSummary } from './crawlTally.ts';

const topRows = 12;

/** The summary as plain text for a terminal, without a trailing newline. */
export function formatSummary(summary: CrawlSummary): string {
  const share = (part: number, whole: number): string =>
    whole === 0 ? '' : ` (${((100 * part) / whole).toFixed(1)} %)`;
  const lines = [
    `Crawl of ${summary.startedAt}, ${summary.tookSeconds.toFixed(1)} s, ${countOf(summary.visits, { one: 'visit', other: 'visits' })}`,
    '',
    ...table([
      ['seen', String(summary.seen), 'another node mentioned it'],
      ['alive', `${summary.alive}${share(summary.alive, summary.seen)}`, 'answered our PING'],
      ['reachable', `${summary.reachable}${share(summary.reachable, summary.seen)}`, 'completed an RLPx handshake'],
      ['identified', `${summary.identified}${share(summary.identified, summary.reachable)}`, 'named its client'],
      [
        'client unknown',
        `${summary.clientUnknown}${share(summary.clientUnknown, summary.reachable)}`,
        'reachable, but refused before Hello',
      ],
      ['inbound only', String(summary.inboundOnly), 'dialled us, but we could not reach it'],
    ]),
  ];
  const section = (title: string, counts: Readonly<Record<string, number>>): void => {
    const rows = Object.entries(counts);
    if (rows.length === 0) return;
    lines.push('', title, ...table(rows.slice(0, topRows).map(([key, count]) => [key.slice(0, 48), String(count)])));
    if (rows.length > topRows) lines.push(`  … and ${rows.length - topRows} more`);
  };
  section('Networks', summary.networks);
  section('Clients', summary.clients);
  section('Fork IDs', summary.forkIds);
  section('Fork classes', summary.forkClasses);
  section('How visits ended', summary.codes);
  return lines.join('\n');
}

/** What to say when no bootnode answered, likeliest causes first. */
export function noBootnodeAdvice({ given, usable, waiting, tried, pinged, problems }: BootnodeTally): string {
  const unusable = problems.map((problem) => `  - ${problem.bootnode}: ${describeBootnodeProblem(problem)}`);
  if (usable + waiting === 0) return [describeNoBootnode({ given, problems }), ...unusable].join('\n');
  const reach =
    pinged > 0
      ? 'check that they run, and that UDP gets from this machine to them and back (a firewall or proxy may let only TCP through)'
      : 'check that they run and that their TCP ports can be reached: nothing else is tried, as their URLs say (discport=0)';
  return [
    `No bootnode answered (${tried} tried). Without one, nothing can be found. Try this:`,
    `  - ${reach}`,
    '  - give other bootnodes: --bootnodes enode://…@host:port',
    '  - for a private chain, use --network FILE with its own bootnodes and allowedCidrs',
    '  - to see Forkscope without any network: npm run demo',
    ...(unusable.length === 0 ? [] : ['These were not tried:', ...unusable]),
  ].join('\n');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
}
