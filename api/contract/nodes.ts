import { z } from 'zod';
import { presenceSchema } from './churn.ts';
import {
  countWindowSchema,
  forkClassSchema,
  forkIdSchema,
  freshnessSchema,
  hexSchema,
  identitySchema,
  instantSchema,
  networkSlugSchema,
  nodeIdHashSchema,
  nodeIdSchema,
  populationSchema,
  uint64Schema,
} from './common.ts';

/** GET /api/v1/nodes — most recently proven alive first, keyset paging. */
export const nodesQuery = z.object({
  network: networkSlugSchema.optional(),
  population: populationSchema.default('alive'),
  /** The time window of the population. */
  window: countWindowSchema.default('day'),
  /** Client name as in the client cut, e.g. `geth`; upper and lower case are alike. */
  client: z.string().min(1).max(64).optional(),
  forkHash: z
    .string()
    .regex(/^(0x)?[0-9a-f]{8}$/)
    .optional(),
  forkClass: forkClassSchema.optional(),
  /** Within a network, with those that could be on it, claim it or are relatives of it. */
  identity: identitySchema.optional(),
  /**
   * The start of a node ID or of its keccak256 (hex), an enode URL, an IP address with or without a port, a record
   * (enr:…) or the start of one, or words of a client string, such as a label.
   */
  q: z.string().min(2).max(600).optional(),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export const clientSchema = z.object({
  /** As the node sent it, escaped for display, at most 256 characters. */
  raw: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  os: z.string().nullable(),
  arch: z.string().nullable(),
  language: z.string().nullable(),
});

/** How a node becomes known. The database allows no other. */
const findings = ['bootnode', 'discv4', 'discv5', 'dns', 'file', 'ping'] as const;
export type Finding = (typeof findings)[number];
/** `both` = one key for both layers; `relative` = of another family of chains, without eth. */
const nodeLayers = ['execution', 'consensus', 'both', 'relative'] as const;
const nodeLayerSchema = z.enum(nodeLayers);
export type NodeLayer = z.infer<typeof nodeLayerSchema>;

export const nodeSchema = z.object({
  id: nodeIdSchema,
  /** keccak256 of it. */
  idHash: nodeIdHashSchema,
  /** Without host and port if the address is masked or unknown: `enode://<id>`. */
  enode: z.string(),
  /** Empty if unknown; `203.0.113.0/24` or `2001:db8::/48` if this site masks addresses. */
  ip: z.string(),
  /** 0 if unknown. */
  udp: z.int(),
  /** 0 if the node announces none. */
  tcp: z.int(),
  /** Over the last 24 h. */
  populations: z.array(populationSchema),
  firstSeenAt: instantSchema,
  lastAliveAt: instantSchema.nullable(),
  lastReachableAt: instantSchema.nullable(),
  lastIdentifiedAt: instantSchema.nullable(),
  client: clientSchema.nullable(),
  capabilities: z.array(z.string()),
  /** Its last Hello was longer than what is kept: the client string or the capabilities are cut. */
  helloShortened: z.boolean(),
  /** How far its clock is ahead of ours, ms, by the second; negative = behind; null = right, as far as can be told. */
  clockSkewMs: z.int().nullable(),
  network: z
    .object({
      slug: networkSlugSchema.nullable(),
      source: z.enum(['status', 'enr']),
      ambiguous: z.boolean(),
      /** Networks that it could be on, is a relative of, or claims although it is a crawler. */
      candidates: z.array(networkSlugSchema),
      /** A chain of its own with the genesis of its candidates: neither network id nor fork hash is any of theirs. */
      relative: z.boolean(),
      /** Its Status names another network id than the network has. */
      otherNetworkId: z.boolean(),
    })
    .nullable(),
  /** It looks at the network and takes no part in it: it counts for no network. */
  crawler: z.boolean(),
  /** By what it became known, as far as it was told: `discv4`, `discv5` = another node named it by this protocol. */
  foundBy: z.array(z.enum(findings)),
  /** Its last PONG by each protocol. */
  lastDiscv4At: instantSchema.nullable(),
  lastDiscv5At: instantSchema.nullable(),
  /** By its record or its Status; null = it told nothing of that. */
  layer: nodeLayerSchema.nullable(),
  /** What its record says of the beacon chain. */
  consensus: z
    .object({
      /** null = a fork digest of no network that we know. */
      network: networkSlugSchema.nullable(),
      digest: hexSchema,
      /** Whether it knew the next step of its chain when its record was read. */
      readiness: z.string(),
    })
    .nullable(),
  /** The client that its record names (EIP-7636). */
  recordClient: z.string().nullable(),
  networkId: uint64Schema.nullable(),
  genesisHash: hexSchema.nullable(),
  forkId: forkIdSchema.nullable(),
  forkClass: forkClassSchema.nullable(),
  /** `enr`: by its record alone, which is a hint. */
  forkSource: z.enum(['status', 'enr']).nullable(),
  /** When it told that fork ID. */
  forkAt: instantSchema.nullable(),
  headNumber: uint64Schema.nullable(),
  /** Timestamp of that block, if the node sent its header. */
  headAt: instantSchema.nullable(),
  /** Whether it was at its network's head at the last visit; null if that could not be judged. */
  synced: z.boolean().nullable(),
  /** First block of the history it serves (eth/69 and later). */
  earliestBlock: uint64Schema.nullable(),
  lastVisit: z
    .object({ at: instantSchema, stage: z.string(), code: z.string(), remoteReason: z.int().nullable() })
    .nullable(),
});
export type Node = z.infer<typeof nodeSchema>;

export const listNodesResponse = z.object({
  nodes: z.array(nodeSchema),
  /** Send it as `cursor` to get the next page; null = this is the last one. */
  next: z.string().nullable(),
  freshness: freshnessSchema,
});
export type ListNodesResponse = z.infer<typeof listNodesResponse>;

/** GET /api/v1/nodes.csv, nodes.ndjson and nodes.json — every node of a list, in the order in which they were first stored. */
export const exportNodesQuery = nodesQuery.omit({ cursor: true, limit: true }).extend({
  /** ID of the last node of an export that broke off: this one goes on behind it. */
  after: nodeIdSchema.optional(),
});
export type ExportNodesQuery = z.infer<typeof exportNodesQuery>;
const exportFormats = ['csv', 'ndjson', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** How a node's address becomes known. The database allows no other. */
const endpointSources = [
  'bootnode',
  'file',
  'dns',
  'neighbour',
  'discv5',
  'ping',
  'pong',
  'dial',
  'enr',
  'inbound',
] as const;
export type EndpointSource = (typeof endpointSources)[number];

/** GET /api/v1/nodes/{id} */
export const nodeResponse = z.object({
  node: nodeSchema,
  /** Its newest node record; null if it gave none or if this site masks addresses. */
  enr: z.string().nullable(),
  endpoints: z.array(
    z.object({
      ip: z.string(),
      udp: z.int(),
      tcp: z.int(),
      /** How this address was first learned. */
      source: z.enum(endpointSources),
      firstSeenAt: instantSchema,
      lastPongAt: instantSchema.nullable(),
    }),
  ),
  /** From where it was seen: each vantage that looked at it, or that it dialled. */
  sights: z.array(
    z.object({
      vantage: z.string(),
      lastVisitAt: instantSchema.nullable(),
      /** Its last PONG to this vantage. */
      lastAliveAt: instantSchema.nullable(),
      /** The last handshake that this vantage dialled. */
      lastReachableAt: instantSchema.nullable(),
      /** The last handshake that it dialled. */
      lastInboundAt: instantSchema.nullable(),
    }),
  ),
  /** When it was there; null = it never answered when it was looked at. */
  presence: presenceSchema.nullable(),
  /** Its IP (of IPv6 the /64) over the last 24 h. */
  host: z.object({
    /** IDs that answered or dialled from there. */
    ids: z.int().min(0),
    /** Those of them that did so within 2 h. */
    answering: z.int().min(0),
    /** IDs named there that a bound kept from being looked at; at least so many. */
    capped: z.int().min(0),
    /** One machine that makes up keys: half of its IDs are new within the day, and half are gone again. */
    rotatesKeys: z.boolean(),
  }),
  visits: z.array(
    z.object({
      key: z.string(),
      at: instantSchema,
      direction: z.enum(['outbound', 'inbound']),
      vantage: z.string(),
      ip: z.string(),
      stage: z.string(),
      code: z.string(),
      remoteReason: z.int().nullable(),
      tookMs: z.int(),
      /** As that of the node, at this visit. */
      clockSkewMs: z.int().nullable(),
    }),
  ),
  freshness: freshnessSchema,
});
export type NodeResponse = z.infer<typeof nodeResponse>;
