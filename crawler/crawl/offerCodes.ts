import { boundCodes } from './leftOut.ts';

/** What becomes of a node that is offered to the frontier. */
export const offerCodes = [
  'added',
  'known',
  'alternate',
  'self',
  'addressRefused',
  'portRefused',
  ...boundCodes,
  'unearned',
] as const;
export type OfferCode = (typeof offerCodes)[number];
