import { enAbout } from './enAbout.ts';
import { enChurn } from './enChurn.ts';
import { enCodes } from './enCodes.ts';
import { enForks } from './enForks.ts';
import { enPages } from './enPages.ts';
import { enRaft } from './enRaft.ts';
import { enSealers } from './enSealers.ts';
import { enShell } from './enShell.ts';
import { enTroubles } from './enTroubles.ts';

/** Every message in English. The compiler and a test make sure that the other languages have the same keys. */
export const en = {
  ...enShell,
  ...enPages,
  ...enForks,
  ...enCodes,
  ...enAbout,
  ...enRaft,
  ...enSealers,
  ...enTroubles,
  ...enChurn,
};
