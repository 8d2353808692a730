/** SQL takes its times from the caller: a statement that asks the server's clock cannot run in simulated time. */
import { type Finding, isTest, quotedParts, type SourceFile } from './sourceFile.ts';

const clocks =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b/gi;

/** Where the server's clock is used, how often, and why nothing depends on it there. */
const mayAsk: Readonly<Record<string, { readonly most: number; readonly reason: string }>> = {
  'sql/databaseTime.ts': { most: 1, reason: 'the one door: leases, and who is at work, by the clock that all share' },
  'sql/migrate.ts': { most: 1, reason: 'tells when a migration was applied' },
  'sql/applyFunctions.ts': { most: 1, reason: 'tells when a file was applied' },
  'sql/functions/census.sql': { most: 3, reason: 'a stopwatch, and builds before migration 0019 that name no time' },
};
/** Migrations are never edited: these set defaults that no statement of ours relies on. */
const lastBeforeRule = 16;

const beside = /^(?:e2e|bench|scripts)\/|^(?:\w+\/)?testkit\//;

/** The server's clock in the SQL of one source file. */
export function checkServerClock(file: SourceFile): Finding[] {
  if (isTest(file.path) || beside.test(file.path)) return [];
  // Only quoted text is SQL: our own functions of the same name are not the server's.
  const quoted = file.text.search(clocks) === -1 ? [] : quotedParts(file);
  return limit(file.path, file.text, (index) => quoted.some(({ start, end }) => start <= index && index < end));
}

/** The same in a file of SQL: a migration or functions. */
export function checkSqlFile(path: string, text: string): Finding[] {
  if (Number(/^sql\/migrations\/(\d+)_/.exec(path)?.[1] ?? lastBeforeRule + 1) <= lastBeforeRule) return [];
  return limit(path, text, (index) => !text.slice(text.lastIndexOf('\n', index) + 1, index).includes('--'));
}

function limit(path: string, text: string, counts: (index: number) => boolean): Finding[] {
  const found = [...text.matchAll(clocks)].filter((match) => counts(match.index));
  if (found.length <= (mayAsk[path]?.most ?? 0)) return [];
  return found.map((match) => ({
    rule: 'serverClock',
    path,
    line: text.slice(0, match.index).split('\n').length,
    message: `${match[0]}: pass the time in, or take presentTime of sql/databaseTime.ts`,
  }));
}
