import type { OldName } from './configLayers.ts';
import type { Logger } from './logger.ts';

/** Warns of each setting that was given by an old name. Once a start: `start` says it for its children, which have the same. */
export function warnOfOldNames(oldNames: readonly OldName[], log: Logger): void {
  for (const { layer, name, now, used } of oldNames) {
    const message = used
      ? 'a setting has a new name; the next version will not know the old one'
      : 'a setting has a new name; what the old one says is not used';
    log.warn(message, { layer, name, use: now });
  }
}
