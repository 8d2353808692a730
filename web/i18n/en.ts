import { enAbout } from './enAbout.ts';
import { enCodes } from './enCodes.ts';
import { enForks } from './enForks.ts';
import { enPages } from './enPages.ts';
import { enRaft } from './enRaft.ts';
import { enShell } from './enShell.ts';

/** Every message in English. The other languages have the same keys: the compiler and a test see to it. */
export const en = { ...enShell, ...enPages, ...enForks, ...enCodes, ...enAbout, ...enRaft };
