import { type AlertBook, openBook, quietBook } from '../notify/alertBook.ts';
import { type NoticeChange, noticeId } from '../notify/notice.ts';
import type { createNotifier } from '../notify/notifier.ts';
import { raftSubject } from './alerts/alertRules.ts';
import { readRaftAlerts } from './alerts/raftAlerts.ts';
import { readSealerAlerts } from './alerts/sealerAlerts.ts';
import type { ProbeOutcome } from './ask/probeClock.ts';
import { judgeDefaults } from './judge/judgeConfig.ts';
import type { ClusterConfig } from './watch/clusterConfig.ts';
import type { RoundReport } from './watch/watchCluster.ts';

type Notifier = Pick<ReturnType<typeof createNotifier>, 'notify' | 'adopt' | 'release'>;

/** What people are told of one cluster, round by round. */
export class ClusterNotices {
  readonly #config: ClusterConfig;
  readonly #notifier: Notifier;
  readonly #page: string | null;
  // BOUNDED: by the endpoints
  readonly #clockOffsets = new Map<string, number>();
  #book: AlertBook = quietBook;

  /** `publicUrl`: where people open the pages; null: notices hold no link. */
  constructor(config: ClusterConfig, notifier: Notifier, publicUrl: string | null) {
    this.#config = config;
    this.#notifier = notifier;
    this.#page = publicUrl === null ? null : `${publicUrl.replace(/\/$/, '')}/raft/${encodeURIComponent(config.name)}`;
  }

  /** A chain of sealers has other alerts than a Raft cluster, in the same book. */
  observeRound({ sealers, judgement }: RoundReport): void {
    const { name: cluster, kind, thresholds } = this.#config;
    const about = { cluster, kind, page: this.#page, clockOffsets: this.#clockOffsets };
    const { book, changed } =
      sealers === null
        ? readRaftAlerts(this.#book, about, judgement, { ...judgeDefaults, ...thresholds })
        : readSealerAlerts(this.#book, about, judgement.tally, sealers);
    this.#book = book;
    this.#notifier.notify(changed);
  }

  observeProbe(node: string, outcome: ProbeOutcome): void {
    if (outcome.at === 'alive') this.#clockOffsets.set(node, outcome.offsetMs);
    else this.#clockOffsets.delete(node);
  }

  /** The cluster is ours: goes on with what was told before. */
  async begin(now: number): Promise<void> {
    const adopted = await this.#notifier.adopt(raftSubject(this.#config.name));
    const gone = this.#listGone(adopted, now);
    const ids = new Set(gone.map(({ notice }) => noticeId(notice)));
    this.#book = openBook(adopted.filter(({ notice }) => !ids.has(noticeId(notice))));
    this.#notifier.notify(gone);
  }

  /** Another process has it. */
  release(): void {
    this.#notifier.release(raftSubject(this.#config.name));
  }

  /** Notices of endpoints that are configured no more: nothing else would end them. */
  #listGone(adopted: readonly NoticeChange[], now: number): readonly NoticeChange[] {
    const names = new Set(this.#config.endpoints.map(({ name }) => name));
    return adopted.flatMap(({ notice, version }) => {
      const { node } = notice.labels;
      if (notice.endsAt !== null || node === undefined || names.has(node)) return [];
      const endsAt = Math.max(notice.startsAt, now);
      const parts = notice.parts.map((part) => ({ ...part, endsAt: part.endsAt ?? Math.max(part.startsAt, now) }));
      return [{ notice: { ...notice, parts, endsAt }, version: version + 1 }];
    });
  }
}
