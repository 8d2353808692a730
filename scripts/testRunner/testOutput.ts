/** What node's spec reporter printed of one test file, and the same for all of them together. */

export const totalNames = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;
export type Totals = Readonly<Record<(typeof totalNames)[number], number>>;

export const noTotals: Totals = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };

export interface FileEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, signal, or why the runner ended it; 0 = success. */
  readonly end: number | string;
}

export interface FileResult {
  readonly totals: Totals;
  /** Line by line what it printed before its totals. */
  readonly body: string;
  /** What failed, in full; null = nothing. */
  readonly failures: string | null;
}

const block = new RegExp(`^${totalNames.map((name) => `ℹ ${name} (\\d+)\\n`).join('')}ℹ duration_ms [\\d.]+\\n`, 'gm');

/** Reads one file's output. A file that ended without totals, or badly after good ones, is one failed test more. */
export function readOutput({ stdout, stderr, end }: FileEnd): FileResult {
  // A test may print such a block of its own.
  const found = [...stdout.matchAll(block)].at(-1);
  const body = `${found === undefined ? stdout : stdout.slice(0, found.index)}${stderr}`;
  const totals = { ...noTotals };
  if (found !== undefined) for (const [i, name] of totalNames.entries()) totals[name] = Number(found[i + 1]);
  if (found !== undefined && totals.fail + totals.cancelled > 0) {
    const after = stdout.slice(found.index + found[0].length).replace(/^\s*✖ failing tests:\n/, '');
    return { totals, body, failures: after.trim() };
  }
  if (found !== undefined && end === 0) return { totals, body, failures: null };
  const why = found === undefined ? `ended with ${end} before its tests did` : `ended with ${end} after its tests`;
  return {
    totals: { ...totals, tests: totals.tests + 1, fail: totals.fail + 1 },
    body,
    failures: `${why}\n${body}`.trim(),
  };
}

function addTotals(a: Totals, b: Totals): Totals {
  const sum = { ...a };
  for (const name of totalNames) sum[name] += b[name];
  return sum;
}

/** The end of a run in the form that node's runner ends with, each failed file named once over what failed in it. */
export function describeEnd(results: ReadonlyMap<string, FileResult>, durationMs: number): string {
  const totals = [...results.values()].map((result) => result.totals).reduce(addTotals, noTotals);
  const lines = [...totalNames.map((name) => `ℹ ${name} ${totals[name]}`), `ℹ duration_ms ${Math.round(durationMs)}`];
  for (const [reason, tests] of skipReasons(results)) lines.push(`﹣ ${tests} skipped: ${reason}`);
  const failed = [...results].filter(([, { failures }]) => failures !== null);
  if (failed.length > 0) lines.push('', '✖ failing tests:');
  for (const [source, { failures, totals: own }] of failed) {
    lines.push('', `✖ ${source}: ${own.fail + own.cancelled} of ${own.tests} failed`, failures ?? '');
  }
  return lines.join('\n');
}

/** Why tests were skipped, mostly what to install, and how many. */
function skipReasons(results: ReadonlyMap<string, FileResult>): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const { body } of results.values()) {
    for (const [, reason = ''] of body.matchAll(/^\s*﹣ .* # (.+)$/gm)) {
      if (reason !== 'SKIP') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  return reasons;
}

/** Of a terminal: green, red, blue, grey. */
const colours = { '✔': 32, '✖': 31, ℹ: 34, '﹣': 90 } as const;

/** In the reporter's own colours, which it leaves out where it does not write to a terminal itself. */
export function paint(text: string): string {
  return text.replaceAll(
    /^\s*([✔✖ℹ﹣]).*$/gmu,
    (line, mark: keyof typeof colours) => `\u001b[${colours[mark]}m${line}\u001b[39m`,
  );
}
