import { z } from 'zod';
import { type ApiErrorCode, errorSchema, figuresSchema, forkIdSchema, freshnessSchema } from '../contract/common.ts';
import { seriesSchema } from '../contract/counts.ts';
import { forkSchema, networkSchema } from '../contract/networks.ts';
import { clientSchema, nodeSchema } from '../contract/nodes.ts';
import {
  raftClusterSchema,
  raftEventSchema,
  raftMemberSchema,
  raftViewSchema,
  sealersSchema,
} from '../contract/raft.ts';
import { type ExportContract, exportRoutes, type RouteContract, routes } from '../contract/routes.ts';
import { statusOfCode } from '../http/errors.ts';

/** The contract as an OpenAPI 3.1 document. */
export function createOpenApi(version: string): Readonly<Record<string, unknown>> {
  const all: readonly RouteContract[] = Object.values(routes);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Forkscope',
      version,
      summary: 'Nodes of Ethereum-family networks: counts, clients, fork IDs, Raft leaders',
      description:
        'Read-only. Every count has two figures, unique node IDs (`ids`) and unique IP addresses (`ips`), and states its network, population, time window and age. Unsigned 64-bit integers are sent as decimal text. Times are UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: {
      ...Object.fromEntries(all.map((route) => [route.path, { [route.method]: operation(route) }])),
      ...Object.fromEntries(Object.values(exportRoutes).map((route) => [route.path, { get: exportOperation(route) }])),
    },
    components: { schemas: componentSchemas(all) },
  };
}

function operation(route: RouteContract): object {
  const codes: ApiErrorCode[] = ['badRequest', ...route.errors, 'tooManyRequests', 'internal', 'unavailable'];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: route.description,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    responses: {
      '200': {
        description: 'The answer.',
        headers: { ETag: { schema: { type: 'string' } }, 'Cache-Control': { schema: { type: 'string' } } },
        content: { 'application/json': { schema: ref(responseName(route)) } },
      },
      '304': { description: 'The caller already has it (If-None-Match).' },
      ...Object.fromEntries(codes.map((code) => [String(statusOfCode[code]), errorAnswer(code)])),
    },
  };
}

function exportOperation(route: ExportContract): object {
  const codes: ApiErrorCode[] = ['badRequest', 'tooManyRequests', 'internal', 'unavailable'];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: route.description,
    parameters: parameters('query', route.query),
    responses: {
      '200': { description: 'The file.', content: { [route.mediaType]: { schema: { type: 'string' } } } },
      ...Object.fromEntries(codes.map((code) => [String(statusOfCode[code]), errorAnswer(code)])),
    },
  };
}

function errorAnswer(code: ApiErrorCode): object {
  return { description: `\`${code}\``, content: { 'application/json': { schema: ref('Error') } } };
}

function parameters(place: 'path' | 'query', schema: z.ZodObject): object[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { $schema: _, ...json } = z.toJSONSchema(field, { io: 'output' });
    return { name, in: place, required: !z.safeParse(field, undefined).success, schema: json };
  });
}

function componentSchemas(all: readonly RouteContract[]): object {
  const registry = z.registry<{ id: string }>();
  const shared = {
    Figures: figuresSchema,
    Freshness: freshnessSchema,
    ForkId: forkIdSchema,
    Fork: forkSchema,
    Network: networkSchema,
    Series: seriesSchema,
    Client: clientSchema,
    Node: nodeSchema,
    RaftCluster: raftClusterSchema,
    RaftMember: raftMemberSchema,
    RaftView: raftViewSchema,
    RaftEvent: raftEventSchema,
    Sealers: sealersSchema,
    Error: errorSchema,
  };
  for (const [id, schema] of Object.entries(shared)) registry.add(schema, { id });
  for (const route of all) registry.add(route.response, { id: responseName(route) });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'output' });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]));
}

function responseName(route: RouteContract): string {
  return `${route.operationId.charAt(0).toUpperCase()}${route.operationId.slice(1)}Response`;
}

function ref(id: string): object {
  return { $ref: `#/components/schemas/${id}` };
}
