/**
 * Layered configuration: `forkscope.json` < environment < flags, over one definition. Pure: the layers are
 * passed in, and every mistake in any of them is reported at once.
 */
import { type ConfigField, type Layer, layers } from './configFields.ts';
import { SettingsError } from './errors.ts';
import { nearestName } from './nearestName.ts';
import { countOf } from './plural.ts';
import { envPrefix, nameIn, namesIn, type SettingName } from './settingNames.ts';

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
  /** Settings that were given by a name from the previous version. */
  readonly oldNames: readonly OldName[];
}

export interface OldName {
  readonly layer: Layer;
  /** As the user wrote it. */
  readonly name: string;
  /** Its present name in the same layer. */
  readonly now: string;
  /** False if the setting is also given by its new name, or in a higher layer. */
  readonly used: boolean;
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
    const spellings = [name, ...field.formerly].flatMap((key) =>
      (['environment', 'flag'] as const).map((layer) => nameIn(layer, key, key === name ? field : undefined)),
    );
    for (const spelling of spellings) {
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
  /** For each field the entry that decides its value. */
  const deciding = new Map<string, Entry>();
  const entries = entriesOf(known, given, problems).filter((entry) => Object.hasOwn(definition, entry.field));
  for (const entry of entries) {
    const field = definition[entry.field];
    if (field === undefined) continue;
    const parsed = field.schema.safeParse(entry.value);
    if (parsed.success) {
      values[entry.field] = parsed.data;
      sources[entry.field] = entry.layer;
      deciding.set(entry.field, entry);
      continue;
    }
    const shown = field.secret ? '***' : show(entry.raw);
    for (const issue of parsed.error.issues.slice(0, maxIssues)) {
      const at = issue.path.length === 0 ? '' : ` (at ${issue.path.join('.')})`;
      const cause = mayQuote(field, issue) ? issue.message : 'a key that is not known here';
      const reason = cause === field.expects ? '' : `${cause}; `;
      problems.push({ layer: entry.layer, name: entry.name, given: shown, fix: `${reason}give ${field.expects}${at}` });
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems.toSorted((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer)));
  }
  const oldNames = entries
    .filter(({ isOld }) => isOld)
    .map((entry): OldName => {
      const now = nameIn(entry.layer, entry.field, definition[entry.field]);
      return { layer: entry.layer, name: entry.name, now, used: deciding.get(entry.field) === entry };
    });
  // The loop above put one checked value under every key of the definition.
  return { config: Object.freeze(values) as ConfigOf<D>, sources: sources as LoadedConfig<D>['sources'], oldNames };
}

/** Of one value; more are not read. */
const maxIssues = 20;

/** All that zod quotes from the input is the names of keys; for a secret even that is too much. */
function mayQuote(field: ConfigField<unknown>, issue: { readonly code: string }): boolean {
  return !field.secret || issue.code !== 'unrecognized_keys';
}

interface Entry extends Given {
  readonly layer: Layer;
  readonly field: string;
  readonly isOld: boolean;
  readonly value: unknown;
}

/** What each layer sets. Later entries win: higher layers over lower ones, and in each layer new names over old ones. */
function entriesOf(known: ConfigDefinition, layersGiven: ConfigLayers, problems: ConfigProblem[]): Entry[] {
  return layers.flatMap((layer) => {
    const names = namesIn(layer, known);
    const entries: Entry[] = [];
    for (const given of givenIn(layer, layersGiven, names, problems)) {
      const { name, key, raw } = given;
      const found = names.get(key);
      const field = found === undefined ? undefined : known[found.field];
      if (found === undefined || field?.layers.includes(layer) !== true) {
        problems.push({ layer, name, given: null, fix: fixOf(layer, key, known, names) });
      } else if (entries.some((entry) => entry.key === key)) {
        problems.push({ layer, name, given: null, fix: 'is set twice; keep one' });
      } else {
        const value = layer !== 'file' && typeof raw === 'string' ? field.fromText(raw) : raw;
        entries.push({ ...given, ...found, layer, value });
      }
    }
    return entries.toSorted((one, other) => Number(other.isOld) - Number(one.isOld));
  });
}

interface Given {
  /** As the user wrote it. */
  readonly name: string;
  /** The name by which the field is found. */
  readonly key: string;
  readonly raw: unknown;
}

function givenIn(
  layer: Layer,
  { file, env = {}, flags = {} }: ConfigLayers,
  names: ReadonlyMap<string, SettingName>,
  problems: ConfigProblem[],
): Given[] {
  switch (layer) {
    case 'file':
      return file === undefined || file === null ? [] : givenInFile(file, names, problems);
    case 'environment':
      // An empty variable is how shells and container files say "not set".
      return Object.entries(env)
        .filter(([name, raw]) => raw !== undefined && raw !== '' && (name.startsWith(envPrefix) || names.has(name)))
        .map(([name, raw]) => ({ name, key: name, raw }));
    case 'flag':
      return Object.entries(flags)
        .filter(([, raw]) => raw !== undefined)
        .map(([flag, raw]) => ({ name: `--${flag}`, key: `--${flag}`, raw }));
  }
}

/** A key may be written in parts: `{"census": {"interval": "10m"}}` sets `censusInterval`. */
function givenInFile(
  file: NonNullable<ConfigLayers['file']>,
  names: ReadonlyMap<string, SettingName>,
  problems: ConfigProblem[],
): Given[] {
  if (!isObject(file.json)) {
    problems.push({ layer: 'file', name: file.name, given: show(file.json), fix: 'give one JSON object' });
    return [];
  }
  return Object.entries(file.json).flatMap(([name, raw]): Given[] => {
    if (name === '$schema') return [];
    const parts = isObject(raw) && !names.has(name) ? Object.entries(raw) : [];
    if (parts.length === 0) return [{ name, key: name, raw }];
    return parts.map(([part, inner]) => {
      const key = `${name}${part.charAt(0).toUpperCase()}${part.slice(1)}`;
      return { name: `${name}.${part}`, key, raw: inner };
    });
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What to do about a name that cannot be set in this layer. */
function fixOf(layer: Layer, key: string, known: ConfigDefinition, names: ReadonlyMap<string, SettingName>): string {
  const misplaced = names.get(key)?.field;
  const field = misplaced === undefined ? undefined : known[misplaced];
  if (misplaced !== undefined && field !== undefined) {
    const ways = field.layers.map((other) => {
      const name = nameIn(other, misplaced, field);
      return other === 'file' ? `"${name}" in forkscope.json` : name;
    });
    return `cannot be set here; use ${ways.join(' or ')}`;
  }
  const candidates = [...names]
    .filter(([, name]) => !name.isOld && known[name.field]?.layers.includes(layer) === true)
    .map(([name]) => name);
  const near = nearestName(key, candidates);
  return near === null ? 'is not known; remove it' : `is not known; did you mean ${near}?`;
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
