/** Keys are fetched from a real server on this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkJwtConfig, type JwtConfig } from '../../src/logins/jwt-config.ts';
import type { KeySource } from '../../src/logins/jwt-token.ts';
import { MAX_KEYS } from '../../src/logins/limits.ts';
import { type Fetch, fetchKeys } from '../../src/outbound/issuer-keys.ts';
import { keySource } from '../../src/outbound/key-source.ts';
import {
  KEY_REFRESH_INTERVAL_MS,
  MAX_CACHED_KEY_SETS,
  MAX_KEY_SET_AGE_MS,
  MAX_KEY_SET_BYTES,
} from '../../src/outbound/limits.ts';
import {
  anIssuer,
  claimsWith,
  type Issuer,
  login,
  NOW,
  refusal,
  tryLogin,
} from './support/issuer.ts';
import { accepted, failureOf } from './support/result.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let base: string;
/** What is answered at a path; 404 at any other. */
let answers: Map<string, Answer>;
/** Paths in the order in which they were asked for. */
let asked: string[];

async function listen(): Promise<{ server: Server; base: string }> {
  const started = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end('secret of the server');
    else answer(request, response);
  });
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return { server: started, base: `http://127.0.0.1:${(started.address() as AddressInfo).port}` };
}

async function stop(one: Server): Promise<void> {
  one.closeAllConnections();
  await new Promise((resolve) => one.close(resolve));
}

beforeEach(async () => {
  answers = new Map();
  asked = [];
  ({ server, base } = await listen());
});
afterEach(() => stop(server));

function json(value: unknown): Answer {
  return (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };
}

const LOOPBACK = { allowLoopbackHttp: true, fetch: fetch as Fetch };

function jwks(path = '/keys') {
  return { kind: 'jwks_url', url: base + path } as const;
}

function discovery(path = '') {
  return { kind: 'oidc_discovery_url', url: base + path } as const;
}

/** What is said of keys that cannot be fetched, which never has anything in it that was answered. */
async function refusalOf(from: Parameters<typeof fetchKeys>[0], timeoutMs?: number) {
  const options = timeoutMs === undefined ? LOOPBACK : { ...LOOPBACK, timeoutMs };
  const { reason, message } = failureOf(await fetchKeys(from, options));
  expect(reason).toBe('invalid');
  expect(message).not.toContain('secret');
  return message;
}

let issuer: Issuer;
let other: Issuer;
beforeAll(async () => {
  issuer = await anIssuer('EdDSA', 'one');
  other = await anIssuer('ES256', 'two');
});

describe('the keys at a jwks_url', () => {
  it('are fetched with one request', async () => {
    answers.set('/keys', json({ keys: [issuer.jwk, other.jwk] }));
    expect(accepted(await fetchKeys(jwks(), LOOPBACK))).toEqual({ keys: [issuer.jwk, other.jwk] });
    expect(asked).toEqual(['/keys']);
  });

  it('may be none', async () => {
    answers.set('/keys', json({ keys: [] }));
    expect(accepted(await fetchKeys(jwks(), LOOPBACK))).toEqual({ keys: [] });
  });

  it('are the public ones that verify something, without what does not belong to them', async () => {
    const rsa = await anIssuer('RS256');
    const known = { use: 'sig', alg: 'RS256', key_ops: ['verify'], kid: 'rsa' };
    const keys = [
      { ...rsa.jwk, ...known, x5c: ['MIIB'], more: { 'than that': [] } },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'one' },
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' },
      { ...issuer.jwk, d: 'AA' },
      { kty: 'RSA', n: 'AA' },
      { kty: 'EC', crv: 'P-256', x: 7, y: 'AA' },
      { kty: '__proto__' },
      'EC',
      null,
      [],
    ];
    answers.set('/keys', json({ keys }));
    expect(accepted(await fetchKeys(jwks(), LOOPBACK))).toEqual({
      keys: [{ ...rsa.jwk, ...known }],
    });
  });

  it('are of a bounded number', async () => {
    const keys = Array.from({ length: MAX_KEYS }, () => issuer.jwk);
    answers.set('/keys', json({ keys }));
    expect(accepted(await fetchKeys(jwks(), LOOPBACK)).keys).toHaveLength(MAX_KEYS);
    answers.set('/keys', json({ keys: [...keys, {}] }));
    expect(await refusalOf(jwks())).toBe(
      `cannot fetch keys from "${base}/keys": it has ${MAX_KEYS + 1} keys, at most ${MAX_KEYS} are allowed`,
    );
  });

  it.each(['null', '[]', '7', '{}', '{"keys":{}}', '{"keys":null}', '"secret"'])(
    'are a JSON Web Key Set, not %s',
    async (body) => {
      answers.set('/keys', (_, response) => response.end(body));
      expect(await refusalOf(jwks())).toBe(
        `cannot fetch keys from "${base}/keys": it is not a JSON Web Key Set`,
      );
    },
  );

  it.each(['', 'secret', '<html>secret', '{"keys":[', '{"secret":1,}', '\ufeff{"keys":[]}x'])(
    'are JSON, not %j',
    async (body) => {
      answers.set('/keys', (_, response) => response.end(body));
      expect(await refusalOf(jwks())).toBe(`cannot fetch keys from "${base}/keys": it is not JSON`);
    },
  );

  it('are in UTF-8', async () => {
    answers.set('/keys', (_, response) => response.end(Buffer.from([0x22, 0xff, 0x22])));
    expect(await refusalOf(jwks())).toContain('it is not UTF-8');
  });

  it.each([400, 401, 403, 404, 500, 503, 204])('are not an answer of %d', async (status) => {
    answers.set('/keys', (_, response) => {
      response.writeHead(status).end(status === 204 ? undefined : '{"keys":[],"secret":1}');
    });
    expect(await refusalOf(jwks())).toBe(
      `cannot fetch keys from "${base}/keys": it answered ${status}`,
    );
  });

  it.each([301, 302, 303, 307, 308])('are not where a %d leads to', async (status) => {
    answers.set('/other', json({ keys: [issuer.jwk] }));
    answers.set('/keys', (_, response) => {
      response.writeHead(status, { Location: `${base}/other` }).end();
    });
    expect(await refusalOf(jwks())).toBe(
      `cannot fetch keys from "${base}/keys": it answered ${status}, and redirects are not followed`,
    );
    expect(asked).toEqual(['/keys']);
  });

  it('are not fetched where nobody listens', async () => {
    await stop(server);
    expect(await refusalOf(jwks())).toBe(
      `cannot fetch keys from "${base}/keys": it cannot be reached`,
    );
    ({ server } = await listen());
  });

  it('are not fetched where the connection ends before the answer does', async () => {
    answers.set('/keys', (_, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"keys":[]}', () => response.destroy());
    });
    expect(await refusalOf(jwks())).toContain('it cannot be reached');
  });
});

describe('an answer without end', () => {
  /** Sends it until the other side has had enough; resolves then. */
  function endless(chunk: string): { answer: Answer; ended: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer: Answer = (_, response) => {
      response.writeHead(200);
      const send = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', send).on('close', resolve);
      send();
    };
    return { answer, ended: promise };
  }

  it('is read up to the bound, and the connection is given up', async () => {
    const { answer, ended } = endless('{"keys":['.padEnd(10_000));
    answers.set('/keys', answer);
    expect(await refusalOf(jwks())).toBe(
      `cannot fetch keys from "${base}/keys": it has more than ${MAX_KEY_SET_BYTES} bytes`,
    );
    await ended;
  });

  it('is one more byte than are allowed', async () => {
    const longest = '{"keys":[]}'.padEnd(MAX_KEY_SET_BYTES);
    answers.set('/keys', (_, response) => response.end(longest));
    expect(accepted(await fetchKeys(jwks(), LOOPBACK))).toEqual({ keys: [] });
    answers.set('/keys', (_, response) => response.end(`${longest} `));
    expect(await refusalOf(jwks())).toContain(`it has more than ${MAX_KEY_SET_BYTES} bytes`);
  });

  it('counts as it is unpacked', async () => {
    const packed = gzipSync('{"keys":[]}'.padEnd(50 * MAX_KEY_SET_BYTES));
    expect(packed.length).toBeLessThan(MAX_KEY_SET_BYTES);
    answers.set('/keys', (_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed);
    });
    expect(await refusalOf(jwks())).toContain(`it has more than ${MAX_KEY_SET_BYTES} bytes`);
  });
});

describe('a server that is slow', () => {
  const TIMEOUT_MS = 100;

  it('is not waited for where it does not answer', async () => {
    answers.set('/keys', () => {});
    expect(await refusalOf(jwks(), TIMEOUT_MS)).toBe(
      `cannot fetch keys from "${base}/keys": it did not answer within ${TIMEOUT_MS} ms`,
    );
  });

  it('is not waited for where its answer does not end', async () => {
    answers.set('/keys', (_, response) => {
      response.writeHead(200).write('{"keys":[');
    });
    expect(await refusalOf(jwks(), TIMEOUT_MS)).toContain(
      `it did not answer within ${TIMEOUT_MS} ms`,
    );
  });

  it('has one time for all that it is asked', async () => {
    answers.set(
      '/.well-known/openid-configuration',
      json({ issuer: base, jwks_uri: `${base}/keys` }),
    );
    answers.set('/keys', () => {});
    expect(await refusalOf(discovery(), TIMEOUT_MS)).toBe(
      `cannot fetch keys from "${base}/keys": it did not answer within ${TIMEOUT_MS} ms`,
    );
  });
});

describe('the keys of an oidc_discovery_url', () => {
  const WELL_KNOWN = '/.well-known/openid-configuration';

  it.each(['', '/', '/tenant', '/tenant/'])('with the path "%s" are found', async (path) => {
    answers.set(
      `${path.replace(/\/$/, '')}${WELL_KNOWN}`,
      json({ issuer: base + path, jwks_uri: `${base}/keys`, token_endpoint: 7 }),
    );
    answers.set('/keys', json({ keys: [issuer.jwk] }));
    expect(accepted(await fetchKeys(discovery(path), LOOPBACK))).toEqual({ keys: [issuer.jwk] });
    expect(asked).toEqual([`${path.replace(/\/$/, '')}${WELL_KNOWN}`, '/keys']);
  });

  it.each([
    ['of another', () => 'https://secret.example'],
    ['with a slash more', () => `${base}/`],
    ['in other letters', () => base.replace('http', 'HTTP')],
    ['that is missing', () => undefined],
    ['that is no text', () => [base]],
  ])('are not those of an issuer %s', async (_, named) => {
    answers.set(WELL_KNOWN, json({ issuer: named(), jwks_uri: `${base}/keys` }));
    expect(await refusalOf(discovery())).toBe(
      `cannot fetch keys from "${base}${WELL_KNOWN}": the issuer that it names is another than oidc_discovery_url`,
    );
    expect(asked).toEqual([WELL_KNOWN]);
  });

  it.each([
    [undefined, 'it has no jwks_uri'],
    [7, 'it has no jwks_uri'],
    ['', 'its jwks_uri is not a URL'],
    ['/keys', 'its jwks_uri is not a URL'],
    ['http://issuer.example/secret', 'its jwks_uri must begin with "https://"'],
    ['file:///etc/secret', 'its jwks_uri must begin with "https://"'],
    ['https://169.254.169.254/secret', 'its jwks_uri is an address of a private network'],
    ['https://[::ffff:10.0.0.1]/secret', 'its jwks_uri is an address of a private network'],
    ['https://secret:x@issuer.example', 'its jwks_uri must not have credentials'],
  ])('are not at %j', async (jwks_uri, problem) => {
    answers.set(WELL_KNOWN, json({ issuer: base, jwks_uri }));
    expect(await refusalOf(discovery())).toBe(
      `cannot fetch keys from "${base}${WELL_KNOWN}": ${problem}`,
    );
    expect(asked).toEqual([WELL_KNOWN]);
  });

  it.each(['null', '[]', '"secret"'])('are not in %s', async (body) => {
    answers.set(WELL_KNOWN, (_, response) => response.end(body));
    expect(await refusalOf(discovery())).toContain('the issuer that it names is another');
  });

  it('are not where a redirect of the document or of the keys leads', async () => {
    const redirect: Answer = (_, response) => {
      response.writeHead(302, { Location: `${base}/other` }).end();
    };
    answers.set(WELL_KNOWN, redirect);
    expect(await refusalOf(discovery())).toContain(`"${base}${WELL_KNOWN}": it answered 302`);
    answers.set(WELL_KNOWN, json({ issuer: base, jwks_uri: `${base}/keys` }));
    answers.set('/keys', redirect);
    expect(await refusalOf(discovery())).toContain(`"${base}/keys": it answered 302`);
    expect(asked).toEqual([WELL_KNOWN, WELL_KNOWN, '/keys']);
  });
});

describe('where nothing is asked', () => {
  it('is this machine, unless that is allowed', async () => {
    answers.set('/keys', json({ keys: [issuer.jwk] }));
    const strict = { ...LOOPBACK, allowLoopbackHttp: false };
    expect(failureOf(await fetchKeys(jwks(), strict)).message).toBe(
      `cannot fetch keys from "${base}/keys": the URL must begin with "https://"`,
    );
    const tls = { ...jwks(), url: `${base.replace('http', 'https')}/keys` };
    expect(failureOf(await fetchKeys(tls, strict)).message).toContain(
      'the URL is an address of a private network',
    );
    expect(failureOf(await fetchKeys(discovery(), strict)).message).toContain('https://');
    expect(asked).toEqual([]);
  });
});

describe('logins with keys that are fetched', () => {
  let config: JwtConfig;
  let keys: KeySource;
  let now: number;
  beforeEach(async () => {
    config = accepted(await checkJwtConfig({ jwks_url: `${base}/keys` }));
    keys = keySource(LOOPBACK);
    now = NOW;
    serve(issuer);
  });

  function serve(...issuers: Issuer[]): void {
    answers.set('/keys', json({ keys: issuers.map(({ jwk }) => jwk) }));
  }

  /** Claims of a token that is valid at the time of the test. */
  function valid(): Record<string, unknown> {
    const seconds = Math.floor(now / 1000);
    return claimsWith({ iat: seconds, exp: seconds + 60 });
  }

  const fetches = () => asked.length;
  const attempt = () => ({ config, keys, now });
  const UNKNOWN = 'no known key successfully validated the token signature';

  it('fetch them once', async () => {
    for (let time = 0; time < 3; time++) {
      expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
      now += 1000;
    }
    expect(fetches()).toBe(1);
  });

  it('fetch none for a token that cannot be one', async () => {
    for (const jwt of ['', 'a.b', 'a.b.c', 'e30.e30.AA', 'x'.repeat(100_000)]) {
      expect((await tryLogin(jwt, attempt())).ok).toBe(false);
    }
    expect(fetches()).toBe(0);
  });

  it('know a new key of their issuer at once', async () => {
    await login(await issuer.sign(valid()), attempt());
    serve(issuer, other);
    now += 1;
    expect((await login(await other.sign(valid()), attempt())).displayName).toBe('alice');
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    expect(fetches()).toBe(2);
  });

  it('know a new key that has the name of the old one, or neither has a name', async () => {
    for (const kid of ['one', undefined]) {
      const [before, after] = [await anIssuer('EdDSA', kid), await anIssuer('EdDSA', kid)];
      keys = keySource(LOOPBACK);
      serve(before);
      await login(await before.sign(valid()), attempt());
      serve(after);
      now += 1;
      expect((await login(await after.sign(valid()), attempt())).displayName).toBe('alice');
      expect(await refusal(await before.sign(valid()), attempt())).toContain(UNKNOWN);
    }
  });

  it('ask again for unknown keys at most once in an interval', async () => {
    await login(await issuer.sign(valid()), attempt());
    const stranger = await anIssuer('EdDSA', 'three');
    now += 1;
    const refreshed = now;
    for (let time = 0; time < 20; time++) {
      expect(await refusal(await stranger.sign(valid()), attempt())).toContain(UNKNOWN);
    }
    expect(fetches()).toBe(2);
    serve(issuer, stranger);
    now = refreshed + KEY_REFRESH_INTERVAL_MS - 1;
    expect(await refusal(await stranger.sign(valid()), attempt())).toContain(UNKNOWN);
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    expect(fetches()).toBe(2);
    now = refreshed + KEY_REFRESH_INTERVAL_MS;
    expect((await login(await stranger.sign(valid()), attempt())).displayName).toBe('alice');
    expect(fetches()).toBe(3);
  });

  it('ask once for many unknown keys at the same time', async () => {
    await login(await issuer.sign(valid()), attempt());
    const stranger = await (await anIssuer('EdDSA', 'three')).sign(valid());
    now += 1;
    const results = await Promise.all(
      Array.from({ length: 50 }, () => tryLogin(stranger, attempt())),
    );
    expect(results.some(({ ok }) => ok)).toBe(false);
    expect(fetches()).toBe(2);
  });

  it('do not ask twice on behalf of one token', async () => {
    const stranger = await anIssuer('EdDSA', 'three');
    expect(await refusal(await stranger.sign(valid()), attempt())).toContain(UNKNOWN);
    expect(fetches()).toBe(1);
  });

  it('forget a key some time after its issuer has withdrawn it', async () => {
    await login(await issuer.sign(valid()), attempt());
    serve(other);
    now += MAX_KEY_SET_AGE_MS - 1;
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    now += 1;
    expect(await refusal(await issuer.sign(valid()), attempt())).toContain(UNKNOWN);
    expect((await login(await other.sign(valid()), attempt())).displayName).toBe('alice');
    expect(fetches()).toBe(2);
  });

  it('say what is wrong where keys cannot be fetched, and try again after an interval', async () => {
    answers.delete('/keys');
    const failed = `error validating token: error verifying token signature: cannot fetch keys from "${base}/keys": it answered 404`;
    expect(await refusal(await issuer.sign(valid()), attempt())).toBe(failed);
    serve(issuer);
    now += KEY_REFRESH_INTERVAL_MS - 1;
    expect(await refusal(await issuer.sign(valid()), attempt())).toBe(failed);
    expect(fetches()).toBe(1);
    now += 1;
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    expect(fetches()).toBe(2);
  });

  it('go on with the keys that they have while the issuer is out of reach', async () => {
    await login(await issuer.sign(valid()), attempt());
    answers.delete('/keys');
    now += 1;
    const stranger = await anIssuer('EdDSA', 'three');
    expect(await refusal(await stranger.sign(valid()), attempt())).toContain('it answered 404');
    expect(await refusal(await stranger.sign(valid()), attempt())).toContain(UNKNOWN);
    now += MAX_KEY_SET_AGE_MS - 2;
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    now += 1;
    expect(await refusal(await issuer.sign(valid()), attempt())).toContain('it answered 404');
  });

  it('find the issuer by discovery', async () => {
    answers.set(
      '/.well-known/openid-configuration',
      json({ issuer: base, jwks_uri: `${base}/keys` }),
    );
    config = accepted(await checkJwtConfig({ oidc_discovery_url: base, bound_issuer: base }));
    const jwt = await issuer.sign({ ...valid(), iss: base });
    expect((await login(jwt, attempt())).displayName).toBe('alice');
    expect(await refusal(await issuer.sign(valid()), attempt())).toContain('issuer (iss)');
  });

  it('pass over a key of another kind under the name, and one that is none', async () => {
    const { jwk } = await anIssuer('RS256', 'one');
    answers.set('/keys', json({ keys: [{ ...issuer.jwk, x: 'AA' }, jwk, issuer.jwk] }));
    expect((await login(await issuer.sign(valid()), attempt())).displayName).toBe('alice');
    answers.set('/keys', json({ keys: [jwk] }));
    keys = keySource(LOOPBACK);
    expect(await refusal(await issuer.sign(valid()), attempt())).toContain(UNKNOWN);
  });

  it.each([{ use: 'enc' }, { key_ops: ['sign'] }, { key_ops: 'verify' }, { alg: 'ES256' }])(
    'use no key that is for something else: %j',
    async (members) => {
      answers.set('/keys', json({ keys: [{ ...issuer.jwk, ...members }] }));
      expect(await refusal(await issuer.sign(valid()), attempt())).toContain(UNKNOWN);
    },
  );

  it('keep the keys of a bounded number of issuers', async () => {
    const configs: JwtConfig[] = [];
    for (let index = 0; index <= MAX_CACHED_KEY_SETS; index++) {
      answers.set(`/${index}`, json({ keys: [issuer.jwk] }));
      configs.push(accepted(await checkJwtConfig({ jwks_url: `${base}/${index}` })));
    }
    const jwt = await issuer.sign(valid());
    for (const one of configs) await login(jwt, { ...attempt(), config: one });
    expect(fetches()).toBe(MAX_CACHED_KEY_SETS + 1);
    for (const one of configs.slice(1)) await login(jwt, { ...attempt(), config: one });
    expect(fetches()).toBe(MAX_CACHED_KEY_SETS + 1);
    for (const one of configs.slice(0, 1)) await login(jwt, { ...attempt(), config: one });
    expect(fetches()).toBe(MAX_CACHED_KEY_SETS + 2);
  });
});
