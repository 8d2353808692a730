/** The browser's storage, which may be full, forbidden or absent: then choices last for this visit only. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(`forkscope.${key}`);
  } catch {
    return null;
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(`forkscope.${key}`, value);
  } catch {
    // Nothing depends on it.
  }
}
