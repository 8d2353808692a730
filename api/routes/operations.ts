import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Express } from 'express';
import { packageRoot } from '../../lib/packageRoot.ts';
import { createOpenApi } from '../docs/openapi.ts';
import { docsStyle, renderDocs } from '../docs/renderDocs.ts';
import { renderRunbook } from '../docs/renderRunbook.ts';
import { askOnce, probeWithinMs } from '../http/askOnce.ts';
import { ApiError } from '../http/errors.ts';
import type { ApiMetrics } from '../http/metrics.ts';
import { asOperation } from '../http/observe.ts';
import type { Patience } from '../http/patience.ts';
import { checkReady, type NotReady } from '../queries/checkReady.ts';
import { collectNetworkMetrics } from './collectNetworkMetrics.ts';
import type { ApiDeps } from './deps.ts';

/** For the operators of this process: whether it is alive, whether it can serve, and its metrics. */
export function registerProbes(app: Express, deps: ApiDeps, metrics: ApiMetrics, patience: Patience): void {
  app.get('/healthz', asOperation('healthz'), (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.json({ status: 'ok' });
  });
  // Probes come every few seconds: only a change is logged.
  let unready: string | null = null;
  const ready = askOnce(
    () => checkReady(deps.asker, deps.migrations),
    (): NotReady => ({ message: 'the database does not answer', reason: `no answer in ${probeWithinMs} ms` }),
  );
  app.get('/readyz', asOperation('readyz'), async (_request, response) => {
    const found = await ready();
    const reason = found?.reason ?? null;
    if (reason === null && unready !== null) deps.log.info('ready again');
    if (reason !== null && reason !== unready) deps.log.warn('not ready', { reason });
    unready = reason;
    if (found !== null) throw new ApiError({ code: 'notReady' }, found.message);
    response.setHeader('Cache-Control', 'no-store');
    response.json({ status: 'ready' });
  });
  app.get('/metrics', asOperation('metrics'), async (_request, response) => {
    await collectNetworkMetrics(deps, metrics, patience);
    response.setHeader('Cache-Control', 'no-store');
    response.type(deps.registry.contentType).send(await deps.registry.metrics());
  });
}

/** The contract as a document for machines, and as a page for people; and what to do at each alert. */
export function registerDocs(app: Express, { version }: ApiDeps): void {
  const send = (path: string, operation: 'docs' | 'openapi', type: string, text: string): void => {
    app.get(path, asOperation(operation), (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.type(type).send(text);
    });
  };
  send('/api', 'docs', 'html', renderDocs(version));
  send('/api/docs.css', 'docs', 'css', docsStyle);
  send('/api/v1/openapi.json', 'openapi', 'json', JSON.stringify(createOpenApi(version)));
  for (const [name, markdown] of readRunbooks()) send(`/api/runbooks/${name}`, 'docs', 'html', renderRunbook(markdown));
}

function readRunbooks(): readonly (readonly [name: string, markdown: string])[] {
  const folder = join(packageRoot, 'docs/runbooks');
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.map((file) => [file.slice(0, -'.md'.length), readFileSync(join(folder, file), 'utf8')]);
}
