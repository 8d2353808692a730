import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Express } from 'express';
import { z } from 'zod';
import { windowMs } from '../../lib/countWindows.ts';
import { hostKey } from '../../lib/ipAddress.ts';
import type { ExportNodesQuery } from '../contract/nodes.ts';
import { type ExportId, exportRoutes } from '../contract/routes.ts';
import { ApiError, unknownValue } from '../http/errors.ts';
import { asOperation } from '../http/observe.ts';
import { parseRequest } from '../http/parseRequest.ts';
import type { Patience } from '../http/patience.ts';
import { type ReaderLimits, watchReader } from '../http/watchReader.ts';
import { type NodeFilter, selectChunkEnd, selectNodeChunk, selectNodeNo } from '../queries/selectNodes.ts';
import { type ExportWriter, exportWriters } from '../serialize/exportLines.ts';
import { toNode } from '../serialize/toNode.ts';
import type { ApiDeps } from './deps.ts';
import { readFilter } from './nodes.ts';

/** Rows of the table that are looked through at once. */
const chunkSize = 2_000;
/** Most exports at once in this process: each reads the whole table. */
export const maxExports = 8;
/** Of them those of one client: an address, or an IPv6 /64. */
export const maxExportsOfClient = 2;
/** A caller that takes less than this, 4 KiB a second, is given up: it may go on from where it was by `after`. */
const readerLimits: ReaderLimits = { windowMs: 30_000, leastBytes: 30 * 4_096 };

/** Whole lists as files. No connection of the pool is held while a slow caller reads. */
export function registerExports(app: Express, deps: ApiDeps, patience: Patience): void {
  let underWay = 0;
  /** Exports under way. BOUNDED: by maxExports. */
  const ofClients = new Map<string, number>();
  for (const operationId of Object.keys(exportRoutes).filter(isExportId)) {
    const { path, format, mediaType, query: querySchema } = exportRoutes[operationId];
    app.get(path, asOperation(operationId), async (request, response) => {
      const { query } = parseRequest(request, { params: z.object({}), query: querySchema });
      const wanted = await patience.wait(() => readExport(query, format, deps));
      if (underWay >= maxExports)
        throw new ApiError({ code: 'unavailable' }, 'too many exports are running at once; try again later');
      const client = hostKey(request.ip ?? '');
      const before = ofClients.get(client) ?? 0;
      if (before >= maxExportsOfClient)
        throw new ApiError(
          { code: 'unavailable' },
          `${before} exports of yours are running; try again when one has ended`,
        );
      underWay++;
      ofClients.set(client, before + 1);
      const unwatch = watchReader(response, deps.config.exportReader ?? readerLimits);
      try {
        response.setHeader('Content-Type', mediaType);
        response.setHeader('Content-Disposition', `attachment; filename="nodes.${format}"`);
        response.setHeader('Cache-Control', 'no-store');
        if (request.method === 'HEAD') {
          response.end();
          return;
        }
        const text = exportText(wanted, exportWriters[format], deps, patience);
        // Whoever asks while the database is away is told so, rather than given half of a file.
        const first = await text.next();
        await pipeline(Readable.from(followed(first, text)), response);
      } catch (error) {
        if (!isGone(error)) throw error;
      } finally {
        unwatch();
        underWay--;
        const left = (ofClients.get(client) ?? 1) - 1;
        if (left > 0) ofClients.set(client, left);
        else ofClients.delete(client);
      }
    });
  }
}

/** Which nodes, and after which of them. */
interface Wanted {
  readonly filter: NodeFilter;
  readonly after: bigint;
}

async function readExport(query: ExportNodesQuery, format: string, deps: ApiDeps): Promise<Wanted> {
  if (format === 'json' && deps.config.maskIps) {
    const message = 'this site does not show node addresses, and a node set consists of them';
    throw new ApiError({ code: 'badRequest' }, message);
  }
  const { after, ...filters } = query;
  const filter = await readFilter(filters, new Date(deps.clock.now() - windowMs[query.window]), deps);
  if (after === undefined) return { filter, after: 0n };
  const nodeNo = await selectNodeNo(deps.sql, Buffer.from(after, 'hex'));
  if (nodeNo === null) throw unknownValue('after', 'there is no node with this ID; begin again without it');
  return { filter, after: nodeNo };
}

async function* exportText(
  { filter, after: begins }: Wanted,
  writer: ExportWriter,
  { sql, clock, config }: ApiDeps,
  patience: Patience,
) {
  const given = { now: clock.now(), maskIps: config.maskIps };
  let first = true;
  let after = begins;
  let begin = writer.begin;
  for (;;) {
    const from = after;
    const last = await patience.wait(() => selectChunkEnd(sql, from, chunkSize));
    if (last === null) break;
    const pieces: string[] = [];
    for (const row of await patience.wait(() => selectNodeChunk(sql, filter, { after: from, last }))) {
      const piece = writer.write(toNode(row, given), row, first);
      if (piece === null) continue;
      first = false;
      pieces.push(piece);
    }
    after = last;
    if (pieces.length === 0) continue;
    yield begin + pieces.join('');
    begin = '';
  }
  yield begin + writer.end;
}

/** A text that has been begun to be read. */
async function* followed(first: IteratorResult<string>, rest: AsyncIterable<string>) {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function isExportId(id: string): id is ExportId {
  return Object.hasOwn(exportRoutes, id);
}

/** The caller went away: there is nobody to answer, and nothing is wrong. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
