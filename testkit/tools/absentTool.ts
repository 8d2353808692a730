import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Why a test that needs a program which is not an npm package cannot run here; false when it can. `tool` is
 * a name to be found in PATH, or an absolute path. With CI=true its absence is an error.
 */
export function absentTool(tool: string, debianPackage: string): string | false {
  const folders = isAbsolute(tool) ? [''] : (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => isProgram(join(folder, tool)))) return false;
  const install = `${tool} is not installed: apt-get install ${debianPackage}`;
  if (process.env.CI === 'true') throw new Error(`with CI=true everything is tested, but ${install}`);
  return install;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
