import type { Express, RequestHandler } from 'express';
import { withDeadline } from '../../lib/deadline.ts';
import { sleep } from '../../lib/sleep.ts';
import { createOpenApi } from '../docs/openapi.ts';
import { docsStyle, renderDocs } from '../docs/renderDocs.ts';
import { ApiError } from '../http/errors.ts';
import type { ApiMetrics } from '../http/metrics.ts';
import { asOperation } from '../http/observe.ts';
import { checkReady, type NotReady } from '../queries/checkReady.ts';
import { collectNetworkMetrics } from './collectNetworkMetrics.ts';
import type { ApiDeps } from './deps.ts';

/** For the operators of this process: whether it is alive, whether it can serve, and its metrics. */
export function registerProbes(app: Express, deps: ApiDeps, metrics: ApiMetrics): void {
  app.get('/healthz', asOperation('healthz'), (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.json({ status: 'ok' });
  });
  // Probes come every few seconds: only a change is logged.
  let unready: string | null = null;
  const ready = askOnce(() => checkReady(deps.sql, deps.migrations));
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
    await collectNetworkMetrics(deps, metrics);
    response.setHeader('Cache-Control', 'no-store');
    response.type(deps.registry.contentType).send(await deps.registry.metrics());
  });
}

/** A probe is answered in time, whatever the database does. */
const readyWithinMs = 800;
/** A question without an answer is asked anew after this time: the way on which it was lost may be there again. */
const askAnewMs = 5_000;

/** Asks once for all probes that come meanwhile: a database that is suspended would collect their questions. */
function askOnce(ask: () => Promise<NotReady | null>): () => Promise<NotReady | null> {
  let asked: { readonly answer: Promise<NotReady | null>; readonly at: number } | null = null;
  return () => {
    const now = performance.now();
    if (asked === null || now - asked.at > askAnewMs) {
      const question = { answer: ask(), at: now };
      asked = question;
      const settle = (): void => {
        if (asked === question) asked = null;
      };
      void question.answer.then(settle, settle);
    }
    const late = (): NotReady => ({
      message: 'the database does not answer',
      reason: `no answer in ${readyWithinMs} ms`,
    });
    return withDeadline(asked.answer, { ms: readyWithinMs, clock: { sleep }, late });
  };
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
