import type { Discv4Pump } from '../p2p/net/pumpDatagrams.ts';
import { readEnr } from '../p2p/wire/enr.ts';
import type { DiscoveryPort } from './crawl/visitNode.ts';

/** The discovery identity as a visit uses it: anything but an answer is silence. */
export function createDiscoveryPort(pump: Pick<Discv4Pump, 'ping' | 'requestEnr' | 'findnode'>): DiscoveryPort {
  return {
    async ping(contact) {
      const outcome = await pump.ping(contact);
      return outcome.code === 'ok' ? outcome : null;
    },
    async requestEnr(contact) {
      const outcome = await pump.requestEnr(contact);
      return outcome.code === 'ok' ? readEnr(outcome.enr) : null;
    },
    async findnode(contact, wanted) {
      const outcome = await pump.findnode(contact, wanted);
      return outcome.code === 'ok' ? outcome.neighbours : null;
    },
  };
}
