import type { Messages } from './translate.ts';
import { zhCnAbout } from './zhCnAbout.ts';
import { zhCnCodes } from './zhCnCodes.ts';
import { zhCnPages } from './zhCnPages.ts';
import { zhCnRaft } from './zhCnRaft.ts';
import { zhCnShell } from './zhCnShell.ts';

export const zhCn: Messages = { ...zhCnShell, ...zhCnPages, ...zhCnCodes, ...zhCnAbout, ...zhCnRaft };
