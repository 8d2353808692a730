/** How far a run is, for people: a bar that stays on its line on a terminal, a line now and then elsewhere. */

export interface ProgressState {
  readonly known: number;
  readonly visited: number;
  readonly underWay: number;
  readonly left: number;
}

export interface Progress {
  show(state: ProgressState): void;
  /** Leaves the line. Safe to call twice. */
  end(): void;
}

const LINES_EVERY = 5;
const BAR_WIDTH = 24;

/** `columns` = width of the terminal; null = no terminal. `show` is called about once a second. */
export function createProgress(write: (text: string) => void, columns: number | null): Progress {
  let calls = 0;
  let open = false;
  return {
    show(state) {
      if (columns === null) {
        if (calls++ % LINES_EVERY === 0) write(`${describe(state)}\n`);
        return;
      }
      open = true;
      write(`\r\u001b[K${bar(state)} ${describe(state)}`.slice(0, columns + 4));
    },
    end() {
      if (open) write('\r\u001b[K');
      open = false;
    },
  };
}

function describe({ known, underWay, left, visited }: ProgressState): string {
  return `${known - left} of ${known} known nodes visited, ${underWay} under way, ${visited} visits`;
}

function bar({ known, left }: ProgressState): string {
  const full = known === 0 ? 0 : Math.round((BAR_WIDTH * (known - left)) / known);
  return `[${'='.repeat(full)}${' '.repeat(BAR_WIDTH - full)}]`;
}
