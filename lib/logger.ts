import { reasonOf } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** What went wrong is in `reason`, as `reasonOf` returns it; other names for it do not compile. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>> & {
  readonly error?: never;
  readonly err?: never;
  readonly message?: never;
};

/**
 * Structured log. debug: each visit and each dial; info: what an operator wants to know once; warn: it continues, but
 * somebody should know; error: something is lost or broken. Text from a peer goes through `displayText` first, and only
 * to `debug`.
 */
export interface Logger {
  /** There is a line for each visit: where `fields` is a function, it is called only if debug lines are written. */
  debug(message: string, fields?: LogFields | (() => LogFields)): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  /** Takes one line without its line end. */
  write(line: string): void;
  /** ms since the epoch. */
  now(): number;
  /** Texts that are replaced by `***` wherever they occur. */
  readonly secrets?: readonly string[];
  /** Fields on every line. */
  readonly fields?: LogFields;
}

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const maxTextLength = 4_000;

export function createLogger(options: LoggerOptions): Logger {
  const clean = redactor(options.secrets ?? []);
  const log = (level: LogLevel, message: string, given: LogFields | (() => LogFields) = {}): void => {
    if (severity[level] < severity[options.level]) return;
    const fields = typeof given === 'function' ? given() : given;
    const time = new Date(options.now()).toISOString();
    const all = { ...options.fields, ...fields };
    options.write(
      clean(options.format === 'json' ? jsonLine(time, level, message, all) : textLine(time, level, message, all)),
    );
  };
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}

/** The logger of a process: to stderr, because stdout belongs to what a command answers. */
export function createStderrLogger(options: {
  readonly level: LogLevel;
  readonly format: 'auto' | 'text' | 'json';
  readonly secrets?: readonly string[];
  readonly fields?: LogFields;
}): Logger {
  const format = options.format === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : options.format;
  return createLogger({ ...options, format, now: Date.now, write: (line) => process.stderr.write(`${line}\n`) });
}

/** What a log line says about something thrown, with the code and the cause that it may carry. */
export function errorFields(error: unknown): LogFields {
  const reason = reasonOf(error);
  if (!(error instanceof Error)) return { reason };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : reasonOf(error.cause);
  return { reason, code, cause };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const own = { time, level, message: cap(message) };
  // Our own keys come first for the reader, and again last to set the value, so that no field can replace them.
  const shown = Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? cap(value) : value]);
  return escapeInvisible(JSON.stringify({ ...own, ...Object.fromEntries(shown), ...own }));
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${logfmt(String(value))}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${escapeInvisible(cap(message))}${shown.join('')}`;
}

function logfmt(value: string): string {
  const text = cap(value);
  return /^[^\s"=]+$/.test(text) && text === escapeInvisible(text) ? text : escapeInvisible(JSON.stringify(text));
}

function cap(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}

/** A line stays one line and cannot control a terminal, even if a caller forgot `displayText`. */
function escapeInvisible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

function redactor(secrets: readonly string[]): (line: string) => string {
  const hidden = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (line) => {
    let shown = line;
    for (const secret of hidden) shown = shown.replaceAll(secret, '***');
    return shown.replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@"]{0,100}):[^\s/@"]{1,200}@/gi, '$1:***@');
  };
}
