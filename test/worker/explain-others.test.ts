/** Explaining what the holder of another token gets takes the right to. */
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import { aHolder, granting, LISTENER, root } from './security-support.ts';

const EXPLAIN = 'sys/events/explain';

const MAY_ASK = granting({ [EXPLAIN]: 'update' });

const MAY_ASK_OF_OTHERS = granting({ [EXPLAIN]: 'update sudo' });

const EVENT = { event_type: 'abc', metadata: { path: 'secret/a', operation: 'write' } };

describe('the token of somebody else', () => {
  it('is explained only with sudo', async () => {
    const other = await aHolder(LISTENER);
    const [asker, superior] = [await aHolder(MAY_ASK), await aHolder(MAY_ASK_OF_OTHERS)];
    for (const of of [{ token: other.token }, { accessor: other.auth.accessor }]) {
      const body = { event: EVENT, pattern: 'abc', ...of };
      expect((await asker.post(EXPLAIN, body)).status).toBe(403);
      const answer = await superior.writes(EXPLAIN, body);
      expect(answer.data.delivered).toBe(true);
      expect(answer.data.steps).toContainEqual(
        expect.objectContaining({ rule: 'hidden: the right to read the policy is missing' }),
      );
    }
  });

  it('is refused in the same way whether it exists or not, without sudo', async () => {
    const other = await aHolder(LISTENER);
    const asker = await aHolder(MAY_ASK);
    const texts = new Set<string>();
    for (const of of [
      { token: other.token },
      { token: 'nobody' },
      { token: 'ctk.mistyped' },
      { accessor: other.auth.accessor },
      { accessor: 'nobody' },
    ]) {
      const response = await asker.post(EXPLAIN, { event: EVENT, pattern: 'abc', ...of });
      texts.add(`${response.status} ${await response.text()}`);
    }
    expect(texts.size).toBe(1);
  });

  it('of a namespace above or beside is unknown, also with sudo', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const superior = await aHolder(MAY_ASK_OF_OTHERS, {}, team);
    for (const other of [await aHolder(LISTENER), await aHolder(LISTENER, {}, sibling)]) {
      for (const of of [{ token: other.token }, { accessor: other.auth.accessor }]) {
        const response = await superior.post(EXPLAIN, { event: EVENT, pattern: 'abc', ...of });
        expect(response.status).toBe(403);
      }
    }
  });

  it('may be one’s own without sudo', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    const body = { event: EVENT, pattern: 'abc', token: holder.token };
    expect((await holder.writes(EXPLAIN, body)).data.delivered).toBe(true);
  });
});
