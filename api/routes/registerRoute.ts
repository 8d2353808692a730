import { isDeepStrictEqual } from 'node:util';
import type { Express } from 'express';
import type { z } from 'zod';
import type { RouteContract } from '../contract/routes.ts';
import { type OperationId, routes } from '../contract/routes.ts';
import { ApiError } from '../http/errors.ts';
import { asOperation } from '../http/observe.ts';
import { parseRequest } from '../http/parseRequest.ts';
import type { Patience } from '../http/patience.ts';
import { sendJson } from '../http/sendJson.ts';
import type { ApiDeps } from './deps.ts';
import { readCensusInterval } from './readFreshness.ts';

/** Answers one operation, after parsing and before sending. Throws ApiError if it cannot answer. */
type Handler<C extends RouteContract> = (
  input: { readonly params: z.infer<C['params']>; readonly query: z.infer<C['query']> },
  deps: ApiDeps,
) => Promise<z.infer<C['response']>>;

export type Handlers = { readonly [K in OperationId]: Handler<(typeof routes)[K]> };

/** Adds one operation of the contract to the app. */
export function registerRoute<K extends OperationId>(
  app: Express,
  operationId: K,
  handler: Handlers[K],
  deps: ApiDeps,
  patience: Patience,
): void {
  const contract: RouteContract = routes[operationId];
  // What the contract of K parses is what the handler of K takes: the two are indexed by the same K.
  const handle = handler as unknown as Handler<RouteContract>;
  app.get(expressPath(contract.path), asOperation(operationId), async (request, response) => {
    const asked = parseRequest(request, contract);
    const [body, censusIntervalMs] = await patience.wait(() =>
      Promise.all([handle(asked, deps), contract.changes === 'census' ? readCensusInterval(deps) : null]),
    );
    if (deps.config.checkResponses) checkResponse(contract, body);
    sendJson(request, response, body, censusIntervalMs);
  });
}

/** `/nodes/{id}` → `/nodes/:id` */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** Throws if an answer does not match the contract, including fields that the contract lacks. */
function checkResponse(contract: RouteContract, body: unknown): void {
  const result = contract.response.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw broken(contract, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  if (!isDeepStrictEqual(result.data, body)) throw broken(contract, 'it has fields that the contract does not name');
}

function broken(contract: RouteContract, why: string): ApiError {
  return new ApiError({ code: 'internal' }, `the answer of ${contract.operationId} breaks its contract: ${why}`);
}
