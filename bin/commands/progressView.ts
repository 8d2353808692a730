/** The progress of a crawl: a bar that is redrawn on a terminal, a plain line now and then elsewhere. */
import { countOf } from '../../lib/plural.ts';

interface Progress {
  readonly known: number;
  readonly visited: number;
  readonly underWay: number;
  readonly left: number;
}

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressView {
  show(progress: Progress): void;
  /** Leaves the last state on the screen and the cursor on a line of its own. */
  end(): void;
}

const plainEveryMs = 10_000;

export function createProgressView(screen: Screen, now: () => number): ProgressView {
  let last: Progress | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let dirty = false;
  const sayPlain = (progress: Progress): void => {
    saidAt = now();
    dirty = false;
    screen.write(`${describe(progress)}\n`);
  };
  return {
    show(progress) {
      last = progress;
      if (screen.isTTY === true) screen.write(`\r${bar(progress, screen.columns ?? 80)}\x1b[K`);
      else if (now() - saidAt >= plainEveryMs) sayPlain(progress);
      else dirty = true;
    },
    end() {
      if (last === null) return;
      if (screen.isTTY === true) screen.write('\n');
      else if (dirty) sayPlain(last);
    },
  };
}

function bar(progress: Progress, columns: number): string {
  const text = describe(progress);
  const width = Math.min(40, columns - text.length - 4);
  if (width < 5) return text.slice(0, Math.max(0, columns - 1));
  const done = progress.known === 0 ? 0 : 1 - (progress.left + progress.underWay) / progress.known;
  const filled = Math.round(width * Math.min(1, Math.max(0, done)));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${text}`;
}

function describe({ known, visited, underWay, left }: Progress): string {
  const [nodes, visits] = [
    countOf(known, { one: 'node', other: 'nodes' }),
    countOf(visited, { one: 'visit', other: 'visits' }),
  ];
  return `${nodes} known, ${visits}, ${underWay} under way, ${left} left`;
}
