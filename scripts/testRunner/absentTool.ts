import { spawnSync } from 'node:child_process';

/**
 * Why a test over a program that is no npm package cannot run here; false when it can. With CI=true its absence is an
 * error.
 */
export function absentTool(tool: string, debianPackage: string): string | false {
  if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined) return false;
  const install = `${tool} is not installed: apt-get install ${debianPackage}`;
  if (process.env.CI === 'true') throw new Error(`with CI=true everything is tested, but ${install}`);
  return install;
}
