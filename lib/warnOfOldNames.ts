import type { OldName } from './configLayers.ts';
import type { Logger } from './logger.ts';

/** Logs a warning for each setting that was given by an old name. */
export function warnOfOldNames(oldNames: readonly OldName[], log: Logger): void {
  for (const { layer, name, now, used } of oldNames) {
    const message = used
      ? 'a setting has a new name; the next version will not know the old one'
      : 'a setting has a new name; the value given by the old one is not used';
    log.warn(message, { layer, name, use: now });
  }
}
