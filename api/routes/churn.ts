import { toIso } from '../../lib/time.ts';
import { selectChurn } from '../queries/selectChurn.ts';
import { networkExists } from '../queries/selectNetworks.ts';
import { toChurn } from '../serialize/toChurn.ts';
import { unknownNetwork } from './networks.ts';
import { readFreshness } from './readFreshness.ts';
import type { Handlers } from './registerRoute.ts';

export const getChurn: Handlers['getChurn'] = async ({ params: { network } }, deps) => {
  const [exists, rows, freshness] = await Promise.all([
    networkExists(deps.sql, network),
    selectChurn(deps.sql, network),
    readFreshness(deps, 'census'),
  ]);
  if (!exists) throw unknownNetwork(network);
  return { network, at: toIso(rows[0]?.at ?? null), windows: toChurn(rows), freshness };
};
