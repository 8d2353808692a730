/** Reads file and environment and loads a configuration. */
import { homedir } from 'node:os';
import { defaultDataDir } from './commonConfig.ts';
import { readConfigFile } from './configFile.ts';
import { type ConfigDefinition, type ConfigLayers, type LoadedConfig, loadConfig } from './configLayers.ts';

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

/** The data directory of this user on this machine when nobody says. */
export function homeDataDir(env: Readonly<Record<string, string | undefined>>): string {
  return defaultDataDir({ isRoot: process.getuid?.() === 0, home: homedir(), xdgDataHome: env.XDG_DATA_HOME });
}
