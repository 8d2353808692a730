/**
 * Layered configuration: `forkscope.json` < environment < flags, over one definition. Pure: the layers are
 * passed in, and every mistake in any of them is reported at once.
 */
import { type ConfigField, type Layer, layers } from './configFields.ts';
import { SettingsError } from './errors.ts';
import { nearestName } from './nearestName.ts';
import { countOf } from './plural.ts';

// biome-ignore lint/suspicious/noExplicitAny: a definition mixes fields of every type; `unknown` would refuse them all
export type ConfigDefinition = Readonly<Record<string, ConfigField<any>>>;
export type ConfigOf<D extends ConfigDefinition> = {
  readonly [K in keyof D]: D[K] extends ConfigField<infer T> ? T : never;
};

export interface ConfigLayers {
  /** Parsed JSON of the file, and its name as used in problems. */
  readonly file?: { readonly name: string; readonly json: unknown } | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By flag name without the dashes (`http-port`); a switch is a boolean. */
  readonly flags?: Readonly<Record<string, string | boolean | undefined>>;
  /** Definitions of the other processes: their keys in the same file and environment are no mistake. */
  readonly others?: readonly ConfigDefinition[];
}

export interface LoadedConfig<D extends ConfigDefinition> {
  readonly config: ConfigOf<D>;
  readonly sources: { readonly [K in keyof D]: Layer | 'default' };
}

export interface ConfigProblem {
  readonly layer: Layer;
  /** As the user wrote it: `httpPort`, `FORKSCOPE_HTTP_PORT` or `--http-port`. */
  readonly name: string;
  /** What was given, shortened, or `***` for a secret; null when there is nothing to show. */
  readonly given: string | null;
  /** What to do, as a sentence. */
  readonly fix: string;
}

type ConfigErrorDetail = { code: 'configInvalid'; problems: readonly ConfigProblem[] };

export class ConfigError extends SettingsError<ConfigErrorDetail> {
  constructor(problems: readonly ConfigProblem[]) {
    super({ code: 'configInvalid', problems }, formatProblems(problems));
  }
}

/** Checks that no two fields share a flag or an environment variable, and keeps the type of each field. */
export function defineConfig<const D extends ConfigDefinition>(definition: D): D {
  const taken = new Map<string, string>();
  for (const [name, field] of Object.entries(definition)) {
    for (const spelling of [flagName(name, field), envName(name, field)]) {
      const other = taken.get(spelling);
      if (other !== undefined) throw new TypeError(`${name} and ${other} are both spelt ${spelling}`);
      taken.set(spelling, name);
    }
  }
  return definition;
}

/** All fields together, for a process that reads the configuration of several. */
export function mergeDefinitions(...definitions: readonly ConfigDefinition[]): ConfigDefinition {
  return defineConfig(Object.assign({}, ...definitions));
}

export function loadConfig<D extends ConfigDefinition>(definition: D, given: ConfigLayers): LoadedConfig<D> {
  const known: ConfigDefinition = Object.assign({}, ...(given.others ?? []), definition);
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  const sources: Record<string, Layer | 'default'> = {};
  for (const [name, field] of Object.entries(definition)) {
    values[name] = field.default;
    sources[name] = 'default';
  }
  for (const entry of entriesOf(known, given, problems)) {
    const field = definition[entry.field];
    if (field === undefined) continue;
    const parsed = field.schema.safeParse(entry.value);
    if (parsed.success) {
      values[entry.field] = parsed.data;
      sources[entry.field] = entry.layer;
      continue;
    }
    const shown = field.secret ? '***' : show(entry.raw);
    const [issue] = parsed.error.issues;
    const at = issue === undefined || issue.path.length === 0 ? '' : ` (at ${issue.path.join('.')})`;
    const reason =
      issue === undefined || issue.message === field.expects || !mayQuote(field, issue) ? '' : `${issue.message}; `;
    problems.push({ layer: entry.layer, name: entry.name, given: shown, fix: `${reason}give ${field.expects}${at}` });
  }
  if (problems.length > 0) {
    throw new ConfigError(problems.toSorted((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer)));
  }
  // The loop above put one checked value under every key of the definition.
  return { config: Object.freeze(values) as ConfigOf<D>, sources: sources as LoadedConfig<D>['sources'] };
}

/** All that zod quotes from the input is the names of keys; for a secret even that is too much. */
function mayQuote(field: ConfigField<unknown>, issue: { readonly code: string }): boolean {
  return !field.secret || issue.code !== 'unrecognized_keys';
}

interface Entry {
  readonly layer: Layer;
  readonly name: string;
  readonly field: string;
  readonly raw: unknown;
  readonly value: unknown;
}

/** What each layer sets, lowest layer first; what a layer must not set becomes a problem. */
function entriesOf(known: ConfigDefinition, given: ConfigLayers, problems: ConfigProblem[]): Entry[] {
  return [
    ...fileEntries(known, given, problems),
    ...envEntries(known, given, problems),
    ...flagEntries(known, given, problems),
  ];
}

function fileEntries(known: ConfigDefinition, { file }: ConfigLayers, problems: ConfigProblem[]): Entry[] {
  if (file === undefined || file === null) return [];
  if (typeof file.json !== 'object' || file.json === null || Array.isArray(file.json)) {
    problems.push({ layer: 'file', name: file.name, given: show(file.json), fix: 'give one JSON object' });
    return [];
  }
  const entries: Entry[] = [];
  const fieldByKey = new Map(Object.keys(known).map((name) => [fileKey(name), name]));
  for (const [name, value] of Object.entries(file.json)) {
    if (name === '$schema') continue;
    const field = fieldByKey.get(name);
    if (field !== undefined && accepts(known, field, 'file')) {
      entries.push({ layer: 'file', name, field, raw: value, value });
    } else problems.push(refusal('file', name, known, fileKey));
  }
  return entries;
}

function envEntries(known: ConfigDefinition, { env = {} }: ConfigLayers, problems: ConfigProblem[]): Entry[] {
  const fieldByEnv = new Map(Object.entries(known).map(([name, field]) => [envName(name, field), name]));
  const entries: Entry[] = [];
  for (const [name, raw] of Object.entries(env)) {
    // An empty variable is how shells and container files say "not set".
    if (raw === undefined || raw === '') continue;
    const field = fieldByEnv.get(name);
    if (field === undefined || !accepts(known, field, 'environment')) {
      if (name.startsWith(envPrefix) || field !== undefined) {
        problems.push(refusal('environment', name, known, (key) => envName(key, known[key])));
      }
      continue;
    }
    entries.push({ layer: 'environment', name, field, raw, value: known[field]?.fromText(raw) });
  }
  return entries;
}

function flagEntries(known: ConfigDefinition, { flags = {} }: ConfigLayers, problems: ConfigProblem[]): Entry[] {
  const fieldByFlag = new Map(Object.entries(known).map(([name, field]) => [flagName(name, field), name]));
  const entries: Entry[] = [];
  for (const [flag, raw] of Object.entries(flags)) {
    if (raw === undefined) continue;
    const name = `--${flag}`;
    const field = fieldByFlag.get(flag);
    if (field === undefined || !accepts(known, field, 'flag')) {
      problems.push(refusal('flag', name, known, (key) => `--${flagName(key, known[key])}`));
      continue;
    }
    const value = typeof raw === 'string' ? known[field]?.fromText(raw) : raw;
    entries.push({ layer: 'flag', name, field, raw, value });
  }
  return entries;
}

function accepts(known: ConfigDefinition, field: string, layer: Layer): boolean {
  return Object.hasOwn(known, field) && known[field]?.layers.includes(layer) === true;
}

function refusal(layer: Layer, name: string, known: ConfigDefinition, spell: (field: string) => string): ConfigProblem {
  const misplaced = Object.keys(known).find((key) => spell(key) === name);
  const field = misplaced === undefined ? undefined : known[misplaced];
  if (misplaced !== undefined && field !== undefined) {
    const ways = field.layers.map((other) => spellFor(other, misplaced, field)).join(' or ');
    return { layer, name, given: null, fix: `cannot be set here; use ${ways}` };
  }
  const candidates = new Map(
    Object.keys(known)
      .filter((key) => accepts(known, key, layer))
      .map((key) => [spell(key), key]),
  );
  const near = nearestName(name, candidates.keys());
  const fix = near === null ? 'is not known; remove it' : `is not known; did you mean ${near}?`;
  return { layer, name, given: null, fix };
}

function spellFor(layer: Layer, name: string, field: ConfigField<unknown>): string {
  if (layer === 'file') return `"${fileKey(name)}" in forkscope.json`;
  return layer === 'environment' ? envName(name, field) : `--${flagName(name, field)}`;
}

const envPrefix = 'FORKSCOPE_';

/** `httpPort` → `FORKSCOPE_HTTP_PORT`, unless the field names a variable of its own. A final `Ms` is left out. */
export function envName(name: string, field: Pick<ConfigField<unknown>, 'env'> | undefined): string {
  return field?.env ?? `${envPrefix}${words(name).join('_').toUpperCase()}`;
}

/** `censusIntervalMs` → `censusInterval`: in the file, too, the value carries its unit. */
export function fileKey(name: string): string {
  return name.replace(/Ms$/, '');
}

/** `httpPort` → `http-port`, unless the field names a flag of its own. A final `Ms` is left out. */
export function flagName(name: string, field: Pick<ConfigField<unknown>, 'flag'> | undefined): string {
  return field?.flag ?? words(name).join('-').toLowerCase();
}

function words(name: string): string[] {
  return fileKey(name).split(/(?=[A-Z])/);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

function formatProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(
    ({ layer, name, given, fix }) => `  ${layer}: ${name}${given === null ? '' : ` = ${given}`}: ${fix}`,
  );
  return `the configuration has ${countOf(problems.length, { one: 'mistake', other: 'mistakes' })}\n${lines.join('\n')}`;
}
