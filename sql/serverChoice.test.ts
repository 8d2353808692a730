import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerAddress } from './driverSocket.ts';
import { readWish, ServerChoice, type ServerRole } from './serverChoice.ts';

const primary: ServerRole = { isStandby: false, isReadOnly: false };
const standby: ServerRole = { isStandby: true, isReadOnly: true };
const servers: readonly ServerAddress[] = [1, 2].map((port) => ({ host: 'db', port }));
const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const wrongPassword = Object.assign(new Error('no'), { code: '28P01' });

/** What each server is now, and which were asked. */
function world(wish: string | null, ...now: (ServerRole | Error)[]) {
  const asked: number[] = [];
  const choice = new ServerChoice(servers, readWish(wish), async (server) => {
    const index = servers.indexOf(server);
    asked.push(index);
    const role = now[index];
    if (role === undefined || role instanceof Error) throw role;
    return role;
  });
  const chosen = async (): Promise<number> => servers.indexOf(await choice.choose());
  return { now, asked, choice, chosen };
}

test('the server that was chosen last is asked first, and others as soon as it is not what was wished for', async () => {
  const { now, asked, chosen } = world('primary', standby, primary);
  assert.equal(await chosen(), 1);
  asked.length = 0;
  assert.equal(await chosen(), 1);
  assert.deepEqual(asked, [1]);
  now[1] = refused;
  await assert.rejects(chosen(), { code: 'noPrimary' });
  now[0] = primary;
  assert.equal(await chosen(), 0);
});

test('whoever wishes for a standby takes the primary while there is none, and goes back', async () => {
  const { now, chosen } = world('prefer-standby', primary, refused);
  assert.equal(await chosen(), 0);
  now[1] = standby;
  assert.equal(await chosen(), 1);
});

test('the first that answers serves whoever has no wish; one at a time looks around', async () => {
  const { asked, choice } = world(null, refused, standby);
  const all = await Promise.all([choice.choose(), choice.choose(), choice.choose()]);
  assert.deepEqual(all, [servers[1], servers[1], servers[1]]);
  assert.deepEqual(asked, [0, 1]);
});

test('where nobody answers, one that may come back counts for more than one that never lets us in', async () => {
  await assert.rejects(world('primary', wrongPassword, refused).chosen(), refused);
  await assert.rejects(world('primary', wrongPassword, wrongPassword).chosen(), wrongPassword);
  await assert.rejects(world('standby', primary, wrongPassword).chosen(), { code: 'noStandby' });
  assert.throws(() => readWish('master'), /target_session_attrs master is none of any, read-write/);
});

test('a server that is asked whether it still fits may be gone, or have another role', async () => {
  const { now, choice } = world('primary', primary, standby);
  const [first] = servers;
  assert.ok(first !== undefined && (await choice.fits(first)));
  now[0] = standby;
  assert.ok(!(await choice.fits(first)));
  now[0] = refused;
  assert.ok(!(await choice.fits(first)));
});
