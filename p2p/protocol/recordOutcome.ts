import { equalBytes } from '../wire/bytes.ts';
import { decodeEnr, type Enr } from '../wire/enr.ts';
import { WireError } from '../wire/errors.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { Discv4Outcome } from './discv4Types.ts';

/** What the record in an ENRResponse of this node comes to: it must be valid, and its own. */
export function recordOutcome(curve: Curve, record: Uint8Array, id: Uint8Array, rttMs: number): Discv4Outcome {
  let enr: Enr;
  try {
    enr = decodeEnr(curve, record);
  } catch (error) {
    if (error instanceof WireError) return { code: 'badRecord', wireCode: error.code };
    throw error;
  }
  if (!equalBytes(enr.id, id)) return { code: 'badRecord', wireCode: 'enrSignature' };
  return { code: 'ok', kind: 'enr', enr, rttMs };
}
