import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import { sleep } from '../lib/sleep.ts';
import type { OperationId } from './contract/routes.ts';
import { ApiError } from './http/errors.ts';
import { answerNotFound, handleErrors } from './http/handleErrors.ts';
import { limitRate } from './http/limitRate.ts';
import { createApiMetrics } from './http/metrics.ts';
import { nameRequest, observe } from './http/observe.ts';
import { askWhetherThere, createPatience } from './http/patience.ts';
import { requireHost } from './http/requireHost.ts';
import { secureHeaders } from './http/secureHeaders.ts';
import { getChurn } from './routes/churn.ts';
import { getCounts, getDistribution } from './routes/counts.ts';
import type { ApiDeps } from './routes/deps.ts';
import { registerExports } from './routes/exportNodes.ts';
import { getHeads, getReadiness, getReadinessSeries, getSplits } from './routes/forks.ts';
import { getNetworkSummary, listNetworks } from './routes/networks.ts';
import { getNode, listNodes } from './routes/nodes.ts';
import { registerDocs, registerProbes } from './routes/operations.ts';
import { registerPages } from './routes/pages.ts';
import { getRaftCluster, getRaftTimeline, listRaftClusters, listRaftEvents } from './routes/raft.ts';
import { type Handlers, registerRoute } from './routes/registerRoute.ts';
import { getStatus } from './routes/status.ts';

/** The API and the pages as one express app. It reads; it never listens and never writes. */
export function createApp(deps: ApiDeps): Express {
  const metrics = createApiMetrics(deps.registry, deps.version);
  const patience = createPatience(askWhetherThere(deps.asker), sleep);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Only parseRequest reads query strings.
  app.set('query parser', false);
  app.set('trust proxy', deps.config.trustProxy);
  app.use(nameRequest, observe(metrics), secureHeaders(), requireHost(deps.config), onlyReads);
  app.use(['/api', '/metrics'], limitRate(deps.config, deps.log));
  registerProbes(app, deps, metrics, patience);
  app.use(compression());
  const route = <K extends OperationId>(id: K, handler: Handlers[K]): void => {
    registerRoute(app, id, handler, deps, patience);
  };
  route('listNetworks', listNetworks);
  route('getNetworkSummary', getNetworkSummary);
  route('getCounts', getCounts);
  route('getDistribution', getDistribution);
  route('getChurn', getChurn);
  route('getReadiness', getReadiness);
  route('getReadinessSeries', getReadinessSeries);
  route('getSplits', getSplits);
  route('getHeads', getHeads);
  route('listNodes', listNodes);
  route('getNode', getNode);
  route('getStatus', getStatus);
  route('listRaftClusters', listRaftClusters);
  route('getRaftCluster', getRaftCluster);
  route('getRaftTimeline', getRaftTimeline);
  route('listRaftEvents', listRaftEvents);
  registerExports(app, deps, patience);
  registerDocs(app, deps);
  registerPages(app, deps);
  app.use(answerNotFound);
  app.use(handleErrors(deps.log));
  return app;
}

const onlyReads: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  response.setHeader('Allow', 'GET, HEAD');
  next(new ApiError({ code: 'methodNotAllowed' }, 'only GET and HEAD are allowed'));
};
