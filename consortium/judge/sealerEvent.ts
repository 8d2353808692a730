/**
 * Something that happened to a chain of sealers. `at` is when it began or ended as near as can be told, `detectedAt` the
 * round that showed it; ms since the epoch.
 */
export interface SealerEvent {
  readonly cluster: string;
  readonly kind: SealerEventKind;
  readonly at: number;
  readonly detectedAt: number;
  /** The one concerned, 40 hex digits; null where it concerns the chain. */
  readonly sealer: string | null;
  /** Its endpoint, if one is known to be its. */
  readonly node: string | null;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of how many how many were at work. */
  readonly active: number;
  readonly validators: number;
  /** The newest block then. */
  readonly block: number | null;
}

export type SealerEventKind =
  | 'halted'
  | 'resumed'
  | 'sealerSilent'
  | 'sealerBack'
  | 'validatorsChanged'
  | 'roundChangeStormStarted'
  | 'roundChangeStormEnded';
