import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { DestinationSecrets } from '../../../src/push/secrets.ts';
import { accepted, failureOf } from '../../unit/support/result.ts';
import { it } from '../fixtures.ts';

const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsk_${btoa('k'.repeat(32))}`];
const key = (name: string) => btoa(name.padEnd(32, '.'));

/** The secrets of a destination as the object with this name stores them, under keys. */
function withSecrets<T>(
  name: string,
  sourceKey: string,
  run: (secrets: DestinationSecrets, storage: DurableObjectStorage) => Promise<T>,
  owner = name,
): Promise<T> {
  const stub = env.DESTINATION.getByName(`secrets of ${name}`);
  return runInDurableObject(stub, (_, { storage }) =>
    run(new DestinationSecrets({ env: { SOURCE_KEY: sourceKey }, storage, owner }), storage),
  );
}

describe('the secrets of a webhook', () => {
  it('are stored encrypted, and are opened with the same key', async () => {
    await withSecrets('a', key('one'), async (secrets, storage) => {
      expect([secrets.count(), secrets.publicKeys(), accepted(await secrets.open())]).toEqual([
        0,
        [],
        [],
      ]);
      secrets.put(accepted(await secrets.seal(SECRETS)));
      expect(JSON.stringify([...storage.kv.list()])).not.toContain(
        'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      );
      expect(accepted(await secrets.open())).toEqual(SECRETS);
      expect(secrets.count()).toBe(2);
      expect(secrets.publicKeys()).toEqual([expect.stringMatching(/^whpk_\S{44}$/)]);
      expect(await secrets.keyState()).toBe('current');
    });
  });

  it('are encrypted again after the key was replaced', async () => {
    await withSecrets('b', key('one'), async (secrets) =>
      secrets.put(accepted(await secrets.seal(SECRETS))),
    );
    await withSecrets('b', `${key('two')},${key('one')}`, async (secrets) => {
      expect(await secrets.keyState()).toBe('old');
      expect(accepted(await secrets.open())).toEqual(SECRETS);
      expect(await secrets.keyState()).toBe('current');
    });
    await withSecrets('b', key('two'), async (secrets) => {
      expect(accepted(await secrets.open())).toEqual(SECRETS);
      expect(secrets.publicKeys()).toHaveLength(1);
    });
    await withSecrets('b', key('three'), async (secrets) => {
      expect(await secrets.keyState()).toBe('missing');
      expect(failureOf(await secrets.open()).message).toContain('the secrets cannot be decrypted');
    });
  });

  it('open for no other destination', async () => {
    await withSecrets('c', key('one'), async (secrets) =>
      secrets.put(accepted(await secrets.seal(SECRETS))),
    );
    await withSecrets(
      'c',
      key('one'),
      async (secrets) => {
        expect(failureOf(await secrets.open()).message).toContain('another owner');
      },
      'd',
    );
  });

  it('need a key of the operator', async () => {
    await withSecrets('e', '', async (secrets) => {
      expect(failureOf(await secrets.seal(SECRETS)).message).toContain('SOURCE_KEY');
    });
  });
});
