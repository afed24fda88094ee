import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/config/config.ts';
import { movedHubsText, parseMovedHubs } from '../../src/config/moved-hubs.ts';
import { parsePlacement } from '../../src/config/placement.ts';
import { parseReconnectWindow } from '../../src/config/reconnect-window.ts';
import { parseSharding } from '../../src/config/sharding.ts';
import type { Variables } from '../../src/config/variables.ts';
import { accepted, failureOf } from './support/result.ts';

/** The text bindings; the Durable Objects are no part of the configuration. */
function bindings(changed: Record<string, string | null | undefined> = {}): Variables {
  return {
    CLUSTER_NAME: 'carillon',
    ALLOWED_ORIGINS: '',
    ROOT_TOKEN: 'root',
    ...changed,
  } as Variables;
}

function parse(changed: Record<string, string | null | undefined>): Config {
  return accepted(parseConfig(bindings(changed)));
}

describe('the configuration', () => {
  it.each([
    ['true', true],
    ['false', false],
  ])(
    'asks publishers for the right to the path where PUBLISH_NEEDS_PATH is "%s": %s',
    (text, needs) => {
      expect(parse({ PUBLISH_NEEDS_PATH: text })).toMatchObject({ publishNeedsPath: needs });
    },
  );

  it('is what the operator wrote', () => {
    expect(parse({ ALLOWED_ORIGINS: 'https://app.example.com' })).toEqual({
      clusterName: 'carillon',
      canSeal: false,
      allowedOrigins: ['https://app.example.com'],
      publishNeedsPath: true,
      sharding: accepted(parseSharding({})),
      queueSources: new Map(),
      auditEvents: false,
      rootTokens: ['root'],
      destinationBindings: new Map(),
      upstreamEvents: 'off',
      upstreamCompatibility: '',
    });
  });

  it.each(['', 'vault'])('takes UPSTREAM_COMPATIBILITY "%s"', (text) => {
    expect(parse({ UPSTREAM_COMPATIBILITY: text }).upstreamCompatibility).toBe(text);
  });

  it.each(['Vault', 'on', ' '])('refuses UPSTREAM_COMPATIBILITY "%s"', (text) => {
    expect(failureOf(parseConfig(bindings({ UPSTREAM_COMPATIBILITY: text }))).message).toBe(
      `the variable UPSTREAM_COMPATIBILITY is "${text}"; set it in wrangler.toml, or with --var, to "vault" or "" for none`,
    );
  });

  it.each(['off', 'on', 'strict'])('takes UPSTREAM_EVENTS "%s"', (text) => {
    expect(parse({ UPSTREAM_EVENTS: text }).upstreamEvents).toBe(text);
  });

  it.each(['', 'true', 'Strict'])('refuses UPSTREAM_EVENTS "%s"', (text) => {
    expect(failureOf(parseConfig(bindings({ UPSTREAM_EVENTS: text }))).message).toBe(
      `the variable UPSTREAM_EVENTS is "${text}"; set it in wrangler.toml, or with --var, to "off", "on" or "strict"`,
    );
  });
});

describe('the root token', () => {
  it('is missing until the operator has set it', () => {
    expect(parse({ ROOT_TOKEN: undefined }).rootTokens).toEqual([]);
    expect(parse({ ROOT_TOKEN: '' }).rootTokens).toEqual([]);
    expect(parse({ ROOT_TOKEN: null, SOURCE_KEY: null })).toMatchObject({
      rootTokens: [],
      canSeal: false,
    });
  });

  it.each(['root', 'hvs.CAESIJ-_=', '!"#$%&\'()*+-./:;<=>?@[]^_`{|}~'])('may be %s', (token) => {
    expect(parse({ ROOT_TOKEN: token }).rootTokens).toEqual([token]);
  });

  it('may have several values while it rotates, the new one first', () => {
    expect(parse({ ROOT_TOKEN: 'new,old' }).rootTokens).toEqual(['new', 'old']);
  });

  it.each(['a,a', 'token-78,token-82'])(
    'is refused as %s, whose values have the same mark, because the sockets of one would be those of the other',
    (token) => {
      const { message } = failureOf(parseConfig(bindings({ ROOT_TOKEN: token })));
      expect(message).toContain('cannot be told apart');
      expect(message).not.toContain('token-');
    },
  );

  it.each([
    'a, b',
    'a,',
    ',a',
    'a,,b',
    ',',
    ' ',
    ' root',
    'root ',
    'root\n',
    'a b',
    'tök',
    'a\0',
    'a\x7f',
  ])('is refused as %j, which no request can send, and is not repeated in the message', (token) => {
    const { message } = failureOf(parseConfig(bindings({ ROOT_TOKEN: token })));
    expect(message).toBe(
      'the secret ROOT_TOKEN has a character that no request can send; set it to printable ASCII without blanks and commas. To rotate it, put the new value before the old one, with a comma and no blank between them',
    );
  });
});

describe('the cluster name', () => {
  it.each(['a', 'Cluster-1', '9.eu_west', 'c'.repeat(128)])('may be %s', (name) => {
    expect(parse({ CLUSTER_NAME: name }).clusterName).toBe(name);
  });

  it.each([
    '',
    ' ',
    '-a',
    '.a',
    '_a',
    'a b',
    'a/b',
    'clüster',
    'a\n',
    'vault://a',
    'c'.repeat(129),
  ])('is refused as %j, because the source of events is made of it', (name) => {
    const { message } = failureOf(parseConfig(bindings({ CLUSTER_NAME: name })));
    expect(message).toMatch(
      /^the variable CLUSTER_NAME is ".*"; set it in wrangler\.toml, or with --var, to /s,
    );
  });

  it('is refused where the variable is not set', () => {
    const { message } = failureOf(parseConfig(bindings({ CLUSTER_NAME: undefined })));
    expect(message).toContain('CLUSTER_NAME');
  });
});

it.each(['', 'yes', 'ON'])('refuses a REQUEST_LOG that is neither "on" nor "off": %j', (text) => {
  const { message } = failureOf(parseConfig(bindings({ REQUEST_LOG: text })));
  expect(message).toBe(
    `the variable REQUEST_LOG is ${JSON.stringify(text)}; set it in wrangler.toml, or with --var, to "on" or "off"`,
  );
});

describe('where objects are created', () => {
  const wrong =
    /^the variable (JURISDICTION|LOCATION) is ".*"; set it in wrangler\.toml, .* to one of "/;

  it.each([
    [{}, undefined, undefined],
    [{ JURISDICTION: '', LOCATION: '' }, undefined, undefined],
    [{ JURISDICTION: 'eu' }, 'eu', undefined],
    [{ JURISDICTION: 'us', LOCATION: 'enam' }, 'us', 'enam'],
    [{ JURISDICTION: 'fedramp' }, 'fedramp', undefined],
    [{ LOCATION: 'apac-ne' }, undefined, 'apac-ne'],
  ])('of %j is jurisdiction %s, location %s', (changed, jurisdiction, location) => {
    expect(accepted(parsePlacement(bindings(changed)))).toEqual({ jurisdiction, location });
    parse(changed);
  });

  it.each([
    { JURISDICTION: 'EU' },
    { JURISDICTION: 'europe' },
    { JURISDICTION: ' ' },
    { LOCATION: 'eu' },
    { LOCATION: 'weur,eeur' },
  ])('is refused as %j, with the values that there are', (changed) => {
    expect(failureOf(parseConfig(bindings(changed))).message).toMatch(wrong);
  });
});

describe('the hubs that have moved', () => {
  it.each([
    ['', {}],
    ['kv-v2=2', { '/kv-v2': 2 }],
    [
      ' kv-v2=2 , team-a@fk3Q9/prod@Zx81b/a.b=13,',
      { '/kv-v2': 2, 'team-a@fk3Q9/prod@Zx81b/a.b': 13 },
    ],
  ])('of %j', (text, places) => {
    const moved = accepted(parseMovedHubs({ MOVED_HUBS: text }));
    expect(Object.fromEntries(moved)).toEqual(places);
    expect(accepted(parseMovedHubs({ MOVED_HUBS: movedHubsText(moved) }))).toEqual(moved);
    parse({ MOVED_HUBS: text });
  });

  it.each([
    'kv-v2',
    'kv-v2=1',
    'kv-v2=10000',
    'kv-v2=2;b=2',
    '/kv-v2=2',
    'team-a/kv-v2=2',
    '*=2',
    'kv-v2#2=3',
    'kv-v2=2,kv-v2=3',
  ])('are refused as %j', (text) => {
    const { message } = failureOf(parseConfig(bindings({ MOVED_HUBS: text })));
    expect(message).toMatch(/^the variable MOVED_HUBS has ".*/);
  });
});

describe('the sources of queues', () => {
  it.each([
    ['', []],
    [' ', []],
    ['{}', []],
    [
      '{"orders": "shop", "builds": "team-a/prod/ci", "logs": "root/logs"}',
      [
        ['orders', { namespace: '', name: 'shop' }],
        ['builds', { namespace: 'team-a/prod', name: 'ci' }],
        ['logs', { namespace: '', name: 'logs' }],
      ],
    ],
  ])('of %j', (text, sources) => {
    expect([...parse({ QUEUE_SOURCES: text }).queueSources]).toEqual(sources);
  });

  it.each([
    ['orders=shop', 'is "orders=shop"'],
    ['["orders"]', 'is "[\\"orders\\"]"'],
    ['{"orders": ""}', 'has "" for the queue "orders"'],
    ['{"orders": "team-a/"}', 'has "team-a/" for the queue "orders"'],
    ['{"orders": "a b/shop"}', 'has "a b/shop" for the queue "orders"'],
    ['{"orders": {"name": "shop"}}', 'for the queue "orders"'],
  ])('are refused as %j', (text, said) => {
    const { message } = failureOf(parseConfig(bindings({ QUEUE_SOURCES: text })));
    expect(message).toContain(
      `the variable QUEUE_SOURCES ${said.startsWith('for') ? 'has' : said}`,
    );
    expect(message).toContain(said);
  });
});

describe('the allowed origins', () => {
  it.each([
    ['', []],
    [' , ,', []],
    ['*', ['*']],
    ['https://a.example', ['https://a.example']],
    [
      ' https://a.example,http://localhost:8787 ,*',
      ['https://a.example', 'http://localhost:8787', '*'],
    ],
    ['http://[::1]:8200', ['http://[::1]:8200']],
  ])('of "%s" are %j', (text, origins) => {
    expect(parse({ ALLOWED_ORIGINS: text }).allowedOrigins).toEqual(origins);
  });

  it.each([
    ['app.example.com', 'no scheme'],
    ['https://a.example/', 'a path, which no Origin header has'],
    ['https://a.example/app', 'a path'],
    ['https://a.example?x', 'a query'],
    ['https://A.example', 'capitals, which no Origin header has'],
    ['https://a.example:443', 'the port of the scheme, which no Origin header has'],
    ['https://u@a.example', 'a user'],
    ['https://*.example', 'a wildcard within'],
    ['null', 'the origin of any page in a sandbox'],
    ['file:///', 'files, whose origin is null'],
    ['https://', 'no host'],
    ['https://a.example https://b.example', 'a blank between two'],
  ])('are refused with %s: %s', (origin) => {
    const failure = failureOf(parseConfig(bindings({ ALLOWED_ORIGINS: `*,${origin}` })));
    expect(failure.message).toContain(`the variable ALLOWED_ORIGINS has "${origin}"`);
  });

  it('are none where the variable is not set', () => {
    expect(parse({ ALLOWED_ORIGINS: undefined }).allowedOrigins).toEqual([]);
  });
});

describe('the upstream', () => {
  it('is none where the variable is not set', () => {
    expect(parse({ UPSTREAM_ADDR: undefined }).upstream).toBeUndefined();
    expect(parse({ UPSTREAM_ADDR: '' }).upstream).toBeUndefined();
  });

  it.each([
    ['https://openbao.example.com:8200', 'https://openbao.example.com:8200'],
    ['https://openbao.example.com/', 'https://openbao.example.com'],
    ['https://example.com/openbao/', 'https://example.com/openbao'],
  ])('may be at %s', (text, address) => {
    expect(parse({ UPSTREAM_ADDR: text }).upstream).toMatchObject({ address, via: 'carillon' });
  });

  it('may be on this machine, without TLS, where the local server allows that', () => {
    const own = { UPSTREAM_ADDR: 'http://127.0.0.1:8200' };
    const local = parse({ ...own, ALLOW_LOOPBACK_HTTP: 'true' });
    expect(local.upstream?.address).toBe('http://127.0.0.1:8200');
    expect(failureOf(parseConfig(bindings(own))).message).toContain('must begin with "https://"');
  });

  it.each([
    ['openbao.example.com', 'is not a URL'],
    ['http://openbao.example.com', 'must begin with "https://"'],
    ['https://10.0.0.1:8200', 'is an address of a private network'],
    ['https://user:pw@openbao.example.com', 'must not have credentials'],
    ['https://openbao.example.com?a', 'must not have a query'],
    ['https://openbao.example.com#a', 'must not have a fragment'],
  ])('cannot be %s', (text, why) => {
    const { message } = failureOf(parseConfig(bindings({ UPSTREAM_ADDR: text })));
    expect(message).toContain(
      `the variable UPSTREAM_ADDR ${why}; set it in wrangler.toml, or with --upstream, to `,
    );
    expect(message).not.toContain('user:pw');
  });
});

it.each(['', 'soon', '-1s', '3601s'])(
  'refuses a RECONNECT_WINDOW that is no duration up to an hour: %j',
  (text) => {
    const { message } = failureOf(parseConfig(bindings({ RECONNECT_WINDOW: text })));
    expect(message).toBe(
      `the variable RECONNECT_WINDOW is ${JSON.stringify(text)}; set it in wrangler.toml, or with --var, to a duration such as "2m", from 0s to 3600s`,
    );
  },
);

it.each([
  ['2m', 120_000],
  ['0s', 0],
  ['1h', 3_600_000],
])('reads the RECONNECT_WINDOW %j', (text, expected) => {
  expect(parseReconnectWindow({ RECONNECT_WINDOW: text })).toEqual({ ok: true, value: expected });
});

it('has a window of two minutes for stock clients that reconnect unless told otherwise', () => {
  expect(parseReconnectWindow({})).toEqual({ ok: true, value: 120_000 });
});

describe('shards', () => {
  it('come with 4000 sockets, in other regions with 100, and everywhere', () => {
    const { regions, ...numbers } = accepted(parseSharding({}));
    expect(numbers).toEqual({ atSockets: 4000, regionAtSockets: 100, socketsPerShard: 4000 });
    expect([...regions].join()).toBe('wnam,enam,sam,weur,eeur,apac,oc,afr,me');
  });

  it.each([
    ['SHARD_AT_SOCKETS', ['0', '1', '32000'], ['-1', '32001', '', 'off'], 0],
    ['REGION_AT_SOCKETS', ['1', '32000'], ['0', '32001', ' 1'], 1],
    ['SHARD_SOCKETS', ['1', '32000'], ['0', '32001', '4e3'], 1],
  ])('have bounds: %s', (name, legal, illegal, min) => {
    for (const text of legal) parse({ [name]: text });
    for (const text of illegal) {
      expect(failureOf(parseConfig(bindings({ [name]: text }))).message).toBe(
        `the variable ${name} is "${text}"; set it in wrangler.toml, or with --var, to a whole number from ${min} to 32000`,
      );
    }
  });

  const regionsWith = (variables: Variables) => [...accepted(parseSharding(variables)).regions];

  it('stand in the regions of SHARD_REGIONS', () => {
    expect(regionsWith({ SHARD_REGIONS: ' oc, weur,' })).toEqual(['weur', 'oc']);
  });

  it.each([
    ['eu', ['weur', 'eeur']],
    ['us', ['wnam', 'enam']],
    ['fedramp', ['wnam', 'enam']],
  ])('stay in the jurisdiction %s', (jurisdiction, regions) => {
    expect(regionsWith({ JURISDICTION: jurisdiction })).toEqual(regions);
    expect(
      failureOf(parseConfig(bindings({ JURISDICTION: jurisdiction, SHARD_REGIONS: 'apac' })))
        .message,
    ).toBe(
      `the variable SHARD_REGIONS has "apac"; set it in wrangler.toml, or with --var, to some of "${regions.join('", "')}", separated by commas, as JURISDICTION is "${jurisdiction}", or to "" for all of them`,
    );
  });

  it.each(['any', 'berlin', 'apac-ne', 'weur eeur'])('do not stand in "%s"', (region) => {
    expect(failureOf(parseConfig(bindings({ SHARD_REGIONS: region }))).message).toMatch(
      `the variable SHARD_REGIONS has "${region}"; set it in wrangler.toml`,
    );
  });
});
