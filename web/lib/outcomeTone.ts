/** How the end of a visit looks at a glance. Being turned away politely is not the node's fault. */
export function outcomeTone(code: string, reason: number | null): 'good' | 'warn' | 'bad' | '' {
  if (code === 'ok') return 'good';
  if (code === 'disconnected') return reason === null || politeReasons.has(reason) ? '' : 'warn';
  if (quietCodes.has(code)) return '';
  if (code === 'authFailed' || code === 'protocolError') return 'bad';
  return 'warn';
}

/** It was not tested, or is not a node for us. */
const quietCodes: ReadonlySet<string> = new Set(['notDialled', 'dialPaused', 'dialThrottled', 'aborted', 'noEth']);

/** Requested, too many peers, already connected, client quitting. */
const politeReasons: ReadonlySet<number> = new Set([0x00, 0x04, 0x05, 0x08]);
