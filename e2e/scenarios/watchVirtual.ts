/** The crawler and the API in this process, in virtual time: only PostgreSQL, the API's port and the browser are real. */
import { Registry } from 'prom-client';
import { readApiConfig } from '../../api/config.ts';
import { startApi } from '../../api/main.ts';
import type { Logger } from '../../lib/logger.ts';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { databaseAt } from '../../sql/database.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { type CrawlerFlags, openVirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';
import { getJson, serveFlags, type Watch, watchFlags } from './watchedNetwork.ts';

/** Seed of all randomness but the scenario's. */
const seed = 20_261_127;

export const watchVirtual: Watch = async (t, scenario, flags = {}) => {
  const parsed = parseScenario(JSON.stringify({ version: 1, ...scenario }), 'the scenario of the test');
  const { url: databaseUrl, sql } = await openTestDatabase(t);
  const crawl = await openVirtualCrawl({ scenario: parsed, databaseUrl, seed });
  const { clock, network } = crawl;
  const crawler = crawl.start('here', { ...watchFlags, ...flags });
  const over = new AbortController();
  const complaints: string[] = [];
  const api = await startApi(
    {
      config: readApiConfig({ ...pick(crawler.flags), ...serveFlags }),
      ...{ version: '0.0.0', registry: new Registry(), log: collect(complaints) },
    },
    { clock, database: databaseAt(databaseUrl) },
    over.signal,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await crawl[Symbol.asyncDispose]();
    },
    network,
    sql,
    url: api.url,
    now: () => clock.now(),
    pass: (ms) => crawl.pass(ms),
    get: (path) => getJson(api.url, path),
    keepTime: async (page) => {
      let shown = clock.now();
      await page.clock.install({ time: shown });
      return async () => {
        await page.clock.fastForward(clock.now() - shown);
        shown = clock.now();
      };
    },
    complaints: () => [...crawler.log.slice(-30), ...complaints.slice(-10)].join('\n'),
  };
};

/** What crawler and API share. */
function pick({ config, networks, network }: CrawlerFlags): CrawlerFlags {
  return { ...(config && { config }), ...(networks && { networks }), ...(network && { network }) };
}

function collect(lines: string[]): Logger {
  const keep: Logger['warn'] = (message, fields = {}) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: () => {}, info: () => {}, warn: keep, error: keep };
}
