import { ForkscopeError } from '../lib/errors.ts';
import type { ServerAddress } from './driverSocket.ts';
import { faultOf } from './serverFault.ts';

/** libpq's `target_session_attrs`. */
const wishes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
type ServerWish = (typeof wishes)[number];

export interface ServerRole {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
}

/** None of several servers is what `target_session_attrs` asks for. */
class NoServerError extends ForkscopeError<{ code: 'noPrimary' | 'noStandby'; wish: ServerWish }> {}

/** @throws TypeError for a wish that libpq does not know either */
export function readWish(text: string | null): ServerWish {
  const wish = wishes.find((known) => known === (text ?? 'any'));
  if (wish === undefined) throw new TypeError(`target_session_attrs ${text} is none of ${wishes.join(', ')}`);
  return wish;
}

/**
 * Which of several servers a connection goes to: the one before as long as it answers and is what was wished for, else the
 * first of the list that is. postgres.js' own choice goes round the list without a pause and without an end while none fits.
 */
export class ServerChoice {
  readonly #servers: readonly ServerAddress[];
  readonly #wish: ServerWish;
  readonly #probe: (server: ServerAddress) => Promise<ServerRole>;
  #last: ServerAddress | null = null;
  #asking: Promise<ServerAddress> | null = null;

  /** @param probe asks a server what it is, and gives up in some seconds */
  constructor(
    servers: readonly ServerAddress[],
    wish: ServerWish,
    probe: (server: ServerAddress) => Promise<ServerRole>,
  ) {
    this.#servers = servers;
    this.#wish = wish;
    this.#probe = probe;
  }

  /** @throws NoServerError; what a server failed with, if none answers */
  choose(): Promise<ServerAddress> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Whether it answers and is what was wished for. */
  async fits(server: ServerAddress): Promise<boolean> {
    const role = await this.#roleOf(server);
    return role !== null && (suits(role, this.#wish) || this.#wish === 'prefer-standby');
  }

  async #ask(): Promise<ServerAddress> {
    const last = this.#last;
    const lastRole = last === null ? null : await this.#roleOf(last);
    if (last !== null && lastRole !== null && suits(lastRole, this.#wish)) return last;
    const answers = this.#servers.map((server) =>
      this.#probe(server).then(
        (role) => ({ at: 'there', server, role }) as const,
        (error: unknown) => ({ at: 'away', error }) as const,
      ),
    );
    for (const asked of answers) {
      const answer = await asked;
      if (answer.at === 'there' && suits(answer.role, this.#wish)) {
        this.#last = answer.server;
        return answer.server;
      }
    }
    const all = await Promise.all(answers);
    const there = all.find((answer) => answer.at === 'there');
    if (there !== undefined && this.#wish === 'prefer-standby') return there.server;
    const errors = all.flatMap((answer) => (answer.at === 'away' ? [answer.error] : []));
    if (there === undefined) throw errors.findLast((error) => faultOf(error)?.at !== 'wrong') ?? errors[0];
    const code = this.#wish === 'standby' || this.#wish === 'read-only' ? 'noStandby' : 'noPrimary';
    const what = code === 'noPrimary' ? 'a primary' : 'a standby';
    throw new NoServerError({ code, wish: this.#wish }, `none of the servers that answer is ${what}`);
  }

  /** Null where it does not answer. */
  #roleOf(server: ServerAddress): Promise<ServerRole | null> {
    return this.#probe(server).catch(() => null);
  }
}

function suits({ isStandby, isReadOnly }: ServerRole, wish: ServerWish): boolean {
  switch (wish) {
    case 'any':
      return true;
    case 'primary':
      return !isStandby;
    case 'read-write':
      return !isReadOnly;
    case 'standby':
    case 'prefer-standby':
      return isStandby;
    case 'read-only':
      return isReadOnly;
  }
}
