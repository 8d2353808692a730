/** The names of a configuration field in the file, in the environment and on the command line. */
import type { ConfigField, Layer } from './configFields.ts';

type Fields = Readonly<Record<string, ConfigField<unknown>>>;
type Spelt = Pick<ConfigField<unknown>, 'env' | 'flag'>;

export const envPrefix = 'FORKSCOPE_';

/** `httpPort` → `FORKSCOPE_HTTP_PORT`, unless the field names a variable of its own. A final `Ms` is left out. */
function envName(name: string, field: Pick<Spelt, 'env'> | undefined): string {
  return field?.env ?? `${envPrefix}${words(name).join('_').toUpperCase()}`;
}

/** `revisitMs` → `revisit`: in the file, too, the value carries its unit. */
function fileKey(name: string): string {
  return name.replace(/Ms$/, '');
}

/** `httpPort` → `http-port`, unless the field names a flag of its own. A final `Ms` is left out. */
function flagName(name: string, field: Pick<Spelt, 'flag'> | undefined): string {
  return field?.flag ?? words(name).join('-').toLowerCase();
}

/** As the user writes it: `httpPort`, `FORKSCOPE_HTTP_PORT` or `--http-port`. */
export function nameIn(layer: Layer, name: string, field: Spelt | undefined): string {
  if (layer === 'file') return fileKey(name);
  return layer === 'environment' ? envName(name, field) : `--${flagName(name, field)}`;
}

export interface SettingName {
  /** Key of the field in its definition. */
  readonly field: string;
  /** It is a name from the previous version that still works. */
  readonly isOld: boolean;
}

/** Every name of these fields in a layer, as the user writes it, including fields that cannot be set there. */
export function namesIn(layer: Layer, fields: Fields): ReadonlyMap<string, SettingName> {
  const names = new Map<string, SettingName>();
  for (const [key, field] of Object.entries(fields)) {
    for (const old of field.formerly) names.set(nameIn(layer, old, undefined), { field: key, isOld: true });
  }
  for (const [key, field] of Object.entries(fields)) names.set(nameIn(layer, key, field), { field: key, isOld: false });
  return names;
}

function words(name: string): string[] {
  return fileKey(name).split(/(?=[A-Z])/);
}
