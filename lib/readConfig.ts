/** Reads file and environment and loads a configuration. */
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { defaultDataDir } from './commonConfig.ts';
import { readConfigFile } from './configFile.ts';
import { type ConfigDefinition, type ConfigLayers, type LoadedConfig, loadConfig } from './configLayers.ts';
import { SettingsError } from './errors.ts';

export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly flags?: NonNullable<ConfigLayers['flags']>;
  readonly others?: readonly ConfigDefinition[];
}

export function readConfig<D extends ConfigDefinition>(definition: D, from: ConfigSurroundings): LoadedConfig<D> {
  const { env, cwd, flags = {}, others = [] } = from;
  const asked = typeof flags.config === 'string' ? flags.config : env.FORKSCOPE_CONFIG || null;
  return loadConfig(definition, { file: readConfigFile(asked, cwd), env, flags, others });
}

class HomeError extends SettingsError<{ code: 'homeUnusable' }> {
  constructor() {
    super(
      { code: 'homeUnusable' },
      'this user has no home folder to keep data in: give a folder with --data-dir, or set HOME',
    );
  }
}

/**
 * The data directory of this user on this machine when nobody says.
 * @throws HomeError
 */
export function homeDataDir(env: Readonly<Record<string, string | undefined>>): string {
  const isRoot = process.getuid?.() === 0;
  const dataDir = defaultDataDir({ isRoot, home: isRoot ? '' : homeOrNone(), xdgDataHome: env.XDG_DATA_HOME });
  if (!isAbsolute(dataDir)) throw new HomeError();
  return dataDir;
}

function homeOrNone(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
