/** `Carillon-Warning`: what a subscriber is told of events that cannot come, where Vault is silent. */
import { describe, expect, it } from 'vitest';
import { handshake } from './support/raw-request.ts';
import { holderOf } from './support/vault.ts';

const SUBSCRIBE = 'path "sys/events/subscribe/*" { capabilities = ["read"] }';

/** The warning on an accepted handshake, or on one that was refused for its filter. */
async function warningOf(query: string, status = 101, token?: string): Promise<string | null> {
  const answer = await handshake(
    `/v1/sys/events/subscribe/kv-v2/*?${query}`,
    token === undefined ? {} : { 'X-Vault-Token': token },
  );
  expect(answer).toMatchObject({ status });
  return answer.headers.get('carillon-warning');
}

describe('a subscriber is warned', () => {
  it('of nothing where everything can come', async () => {
    expect(
      await warningOf('json=true&filter=operation+==+%22data-write%22&namespaces=*'),
    ).toBeNull();
  });

  it.each([
    ['a namespace without its slash', 'namespace == "ns1"', '"ns1/"'],
    ['a mount without its slash', 'source_plugin_mount == "secret"', '"secret/"'],
    ['an operation that the pattern has not', 'operation == write', '"data-write"'],
    ['a glob where none is read', 'event_type == "kv*"', 'no glob'],
    ['a field that there is not', 'nope == a', '"nope"'],
    ['metadata that no filter can select', 'metadata.path == a', '"metadata.path"'],
    ['a regular expression that is none', 'operation matches "("', '('],
  ])('of %s in its filter', async (_, filter, named) => {
    expect(await warningOf(`filter=${encodeURIComponent(filter)}`)).toContain(named);
  });

  it.each(['operation =', 'operation == kv-v2', "operation == 'a'"])(
    'of what is wrong with a filter that is refused: %s',
    async (filter) => {
      const warning = await warningOf(`filter=${encodeURIComponent(filter)}`, 400);
      expect(warning).toMatch(/^filter: \S.*/);
    },
  );

  it.each(['kv-v2/+', 'kv*,database*'])(
    'of a pattern that no event type can match: %s',
    async (pattern) => {
      const answer = await handshake(`/v1/sys/events/subscribe/${pattern}?json=true`);
      expect(answer.status).toBe(101);
      expect(answer.headers.get('carillon-warning')).toContain('no event type can match');
    },
  );

  it("of policies that have the path of a secret without data/, as Vault's own example", async () => {
    await using holder = await holderOf([
      SUBSCRIBE,
      'path "secret/my-data" { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv*"] }',
    ]);
    expect(await warningOf('json=true', 101, holder.token)).toContain('secret/data/my-data');
  });

  it.each(['namespace=ns1', 'filters=operation'])(
    'of a parameter that is not read: %s',
    async (query) => {
      expect(await warningOf(`json=true&${query}`)).toContain('is not read');
    },
  );

  it('in ASCII, whatever the filter has', async () => {
    const filter = encodeURIComponent('operation == "ü☃" or nope == "a"');
    expect(await warningOf(`filter=${filter}`)).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each<[string, string, boolean]>([
    ['names no event types', 'capabilities = ["list", "subscribe"]', true],
    [
      'names other event types',
      'capabilities = ["list", "subscribe"] subscribe_event_types = ["database/*"]',
      true,
    ],
    ['lacks list', 'capabilities = ["subscribe"] subscribe_event_types = ["*"]', true],
    ['lacks subscribe', 'capabilities = ["list"] subscribe_event_types = ["*"]', true],
    [
      'may let something through',
      'capabilities = ["list", "subscribe"] subscribe_event_types = ["*/data-write"]',
      false,
    ],
  ])('or not, where its policy %s', async (_, rule, warned) => {
    await using holder = await holderOf([SUBSCRIBE, `path "secret/*" { ${rule} }`]);
    const warning = await warningOf('json=true', 101, holder.token);
    if (warned) expect(warning).toContain('"kv-v2/*"');
    else expect(warning).toBeNull();
  });
});
