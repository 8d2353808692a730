import type { Express, RequestHandler } from 'express';
import { createOpenApi } from '../docs/openapi.ts';
import { docsStyle, renderDocs } from '../docs/renderDocs.ts';
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
    () => checkReady(deps.sql, deps.migrations),
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

/** The contract as a document for machines, and as a page for people. */
export function registerOpenApi(app: Express, { version }: ApiDeps): void {
  const document = createOpenApi(version);
  const page = renderDocs(version);
  const send = (type: string, text: string): RequestHandler => {
    return (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.type(type).send(text);
    };
  };
  app.get('/api', asOperation('docs'), send('html', page));
  app.get('/api/docs.css', asOperation('docs'), send('css', docsStyle));
  app.get('/api/v1/openapi.json', asOperation('openapi'), send('json', JSON.stringify(document)));
}
