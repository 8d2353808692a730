import { apiDefinition, readApiConfig } from '../../api/config.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition } from '../../crawler/config.ts';
import { processDatabase } from '../supervisor/processDatabase.ts';
import { checkDataDir, checkPorts, portOfApi } from './checkMachine.ts';
import type { Command } from './command.ts';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Serve the API, the dashboard and /metrics over what crawlers have stored.',
  operands: null,
  configs: { serve: apiDefinition },
  flags: {},
  async run({ configFlags, version, announce, isSupervised, signal }) {
    const config = readApiConfig(configFlags, [crawlerDefinition, raftDefinition]);
    if (config.databaseUrl === null) checkDataDir(config.dataDir);
    await checkPorts([portOfApi(config)]);
    const { run: serve } = await import('../../api/main.ts');
    const { runProcess } = await import('../../lib/runProcess.ts');
    const { realWorld } = await import('./realWorld.ts');
    return runProcess(
      {
        part: 'serve',
        config,
        isSupervised,
        metricsPrefix: 'forkscope_api_',
        database: processDatabase(config, { migrates: false, patienceMs: 0 }),
      },
      signal,
      async ({ log, registry, databaseUrl, signal: untilEnd }) => {
        await serve({ config, version, log, registry, onListening: announce }, realWorld(databaseUrl), untilEnd);
        return 0;
      },
    );
  },
};
