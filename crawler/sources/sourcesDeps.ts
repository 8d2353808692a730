import type { Clock, Logger, Random, Texts } from '../../p2p/ports.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { GivenBootnode, ListState } from '../crawl/bootnodes.ts';
import type { ReadBootnode } from '../crawl/readBootnode.ts';
import type { SourceKind } from './sourceBooks.ts';

/** Nodes told in between two pauses, so that visits and sockets get their turn. */
export const atOnce = 64;

/** What sources need from outside, and where what they name goes. */
export interface SourcesDeps {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly random: Random;
  readonly texts: Texts;
  readonly log: Logger;
  readonly dataDir: string;
  /** Time between two looks at a list in DNS. */
  readonly refreshMs: number;
  /** A source names a node that nobody vouches for, for the first time in this run or again. */
  onNode(contact: NodeContact, kind: SourceKind, isNew: boolean): void;
  /** A file whose nodes are given has changed. */
  onList(path: string, nodes: readonly string[]): void;
  /** How a source stands, for the tally of what there is to begin with. */
  onState(given: GivenBootnode, state: ListState): void;
}

/** Where a record or URL says that a node is; a name is not looked up here. */
export function contactsOf(read: ReadBootnode): NodeContact[] {
  return read.at === 'endpoints' ? read.endpoints.map((endpoint) => ({ id: read.id, ...endpoint })) : [];
}
