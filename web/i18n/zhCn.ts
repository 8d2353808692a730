import type { en } from './en.ts';
import type { Translated } from './message.ts';
import { zhCnAbout } from './zhCnAbout.ts';
import { zhCnChurn } from './zhCnChurn.ts';
import { zhCnCodes } from './zhCnCodes.ts';
import { zhCnForks } from './zhCnForks.ts';
import { zhCnPages } from './zhCnPages.ts';
import { zhCnRaft } from './zhCnRaft.ts';
import { zhCnSealers } from './zhCnSealers.ts';
import { zhCnShell } from './zhCnShell.ts';
import { zhCnTroubles } from './zhCnTroubles.ts';

export const zhCn: Translated<typeof en, 'zh-CN'> = {
  ...zhCnShell,
  ...zhCnPages,
  ...zhCnForks,
  ...zhCnCodes,
  ...zhCnAbout,
  ...zhCnRaft,
  ...zhCnSealers,
  ...zhCnTroubles,
  ...zhCnChurn,
};
