import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isRecord } from '../consortium/ask/parseNode.ts';
import { answerMethod } from './raftAnswers.ts';
import { type ModelNode, RaftModel, type RaftScenario } from './raftModel.ts';

/** A mock GoQuorum cluster: one real HTTP server per node, speaking the Raft RPC, with the faults of its scenario. */
export interface RaftCluster {
  readonly model: RaftModel;
  /** JSON-RPC addresses in order of Raft ID; they stay the same when a node is killed and restarted. */
  readonly urls: readonly string[];
  /** Plays the scenario on until `ms` after its start, and lets the servers follow. */
  playTo(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface RaftClusterOptions {
  /** A loopback address. */
  readonly host: string;
  /** The scenario's start, ms since the epoch: the nodes' clocks count from there. */
  readonly startAt: number;
  /** How far each node's clock is off, in ms, by Raft ID. */
  readonly clockOffsets: Readonly<Record<number, number>>;
}

const maxBodyBytes = 64 * 1024;

/** Starts the servers on ports of the system's choice. */
export async function startRaftCluster(
  scenario: RaftScenario,
  options: Partial<RaftClusterOptions> = {},
): Promise<RaftCluster> {
  const { host, startAt, clockOffsets }: RaftClusterOptions = {
    host: '127.0.0.1',
    startAt: 0,
    clockOffsets: {},
    ...options,
  };
  const model = new RaftModel(scenario, startAt);
  let playedTo = 0;
  const handle = (node: ModelNode, request: IncomingMessage, response: ServerResponse): void => {
    // Like a stopped process: the kernel takes the connection, nobody answers.
    if (node.frozenSince !== null) return;
    if (request.method === 'GET' && request.url === '/raft/probing') {
      const at = startAt + playedTo + (clockOffsets[node.raftId] ?? 0);
      sendJson(response, { OK: true, Now: new Date(at).toISOString() });
      return;
    }
    void readBody(request).then((body) => sendJson(response, answerBody(model, node, body)));
  };
  const servers = model.nodes.map((node) => ({
    node,
    server: createServer((request, response) => handle(node, request, response)),
    port: 0,
  }));
  for (const each of servers) each.port = await listen(each.server, host, 0);

  const follow = async (): Promise<void> => {
    for (const { node, server, port } of servers) {
      if (node.running && !server.listening) await listen(server, host, port);
      if (!node.running && server.listening) await stop(server);
    }
  };
  return {
    model,
    urls: servers.map(({ port }) => `http://${host}:${port}/`),
    async playTo(ms) {
      model.advance(ms);
      playedTo = Math.max(playedTo, ms);
      await follow();
    },
    async close() {
      for (const { server } of servers) if (server.listening) await stop(server);
    },
  };
}

function answerBody(model: RaftModel, node: ModelNode, body: unknown): unknown {
  if (Array.isArray(body)) return body.map((call) => answerCall(model, node, call));
  return answerCall(model, node, body);
}

function answerCall(model: RaftModel, node: ModelNode, call: unknown): unknown {
  if (!isRecord(call) || typeof call.method !== 'string') {
    return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'invalid request' } };
  }
  const params = Array.isArray(call.params) ? call.params : [];
  return { jsonrpc: '2.0', id: call.id ?? null, ...answerMethod(model, node, call.method, params) };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of request) {
      text += String(chunk);
      if (text.length > maxBodyBytes) return null;
    }
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
