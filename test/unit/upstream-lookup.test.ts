/** Looking a token up, at a real server that answers as an OpenBao or a Vault does, or as neither should. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../src/lib/result.ts';
import { ancestorsOf } from '../../src/namespace/namespace.ts';
import {
  MAX_UPSTREAM_ANSWER_BYTES,
  UPSTREAM_LOOKUP_TIMEOUT_MS,
} from '../../src/outbound/limits.ts';
import type { Upstream } from '../../src/outbound/upstream/address.ts';
import { inTime } from '../../src/outbound/upstream/in-time.ts';
import { lookUp } from '../../src/outbound/upstream/lookup.ts';
import {
  type LookupFailure,
  principalOf,
  readToken,
  type UpstreamToken,
} from '../../src/outbound/upstream/token.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../src/policy/limits.ts';
import { recordedBody } from '../support/openbao.ts';

let server: Server;
let upstream: Upstream;
/** Namespaces in which the token was looked up. */
let asked: (string | undefined)[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.headers['x-vault-namespace'] as string | undefined);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream = { address, via: 'carillon', allowLoopbackHttp: true };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function found(
  namespace = '',
  milliseconds?: number,
): Promise<Result<UpstreamToken, LookupFailure>> {
  const namespaces = [namespace, ...ancestorsOf(namespace)];
  const token = { secret: 's.token', digest: 'd'.repeat(64), namespaces };
  return inTime((signal) => lookUp(token, upstream, signal), milliseconds);
}

function text(status: number, body = ''): typeof answer {
  return (_, response) => response.writeHead(status).end(body);
}

const TOKEN = recordedBody('lookup of a token');
const DENIED = '{"errors":["permission denied"]}';

describe('looking up a token', () => {
  it('sends it to auth/token/lookup-self, below the path that the address has', async () => {
    upstream = { ...upstream, address: `${upstream.address}/openbao` };
    answer = (request, response) => {
      const { 'x-vault-token': token, 'carillon-via': via } = request.headers;
      response.end(
        request.url === '/openbao/v1/auth/token/lookup-self' &&
          token === 's.token' &&
          via === 'carillon'
          ? TOKEN
          : '',
      );
    };
    expect(await found()).toMatchObject({ ok: true, value: { policies: ['app', 'default'] } });
  });

  it('asks in its namespace, and in those above where it is not known there, as Vault needs it', async () => {
    answer = (request, response) => {
      const namespace = request.headers['x-vault-namespace'];
      if (namespace === 'a/b') text(403, DENIED)(request, response);
      else if (namespace === 'a') text(404, DENIED)(request, response);
      else text(200, TOKEN)(request, response);
    };
    expect((await found('a/b')).ok).toBe(true);
    expect(asked).toEqual(['a/b', 'a', undefined]);
  });

  it.each([400, 429, 472, 500, 503])('does not take %i for an answer', async (status) => {
    answer = text(status);
    expect(await found()).toEqual(unavailable(`it answered ${status}`));
  });

  it.each([
    ['a page', '<html>', 'its answer is not JSON'],
    ['too much', '"'.padEnd(MAX_UPSTREAM_ANSWER_BYTES + 1), 'it answered more than 262144 bytes'],
  ])('does not take %s for an answer', async (_, body, why) => {
    answer = text(200, body);
    expect(await found()).toEqual(unavailable(why));
  });

  it.each([
    [403, '{"reason":"blocked"}', 'it answered 403, and not as an OpenBao or Vault does'],
    [404, 'default backend - 404', 'its answer is not JSON'],
  ])('takes a token for none by no %i of what stands in between', async (status, body, why) => {
    answer = text(status, body);
    expect(await found()).toEqual(unavailable(why));
  });

  it.each([301, 302, 303, 307, 308])(
    'follows no redirect (%i), not even to itself, and says what to set',
    async (status) => {
      const requests: (string | undefined)[] = [];
      answer = (request, response) => {
        requests.push(request.url);
        if (request.url === '/active') text(200, TOKEN)(request, response);
        else response.writeHead(status, { Location: '/active' }).end();
      };
      expect(await found()).toMatchObject({
        ok: false,
        failure: {
          reason: 'bad_gateway',
          message: expect.stringMatching(
            `it redirects \\(${status}\\).*set UPSTREAM_ADDR to the address that it redirects to`,
          ),
        },
      });
      expect(requests).toEqual(['/v1/auth/token/lookup-self']);
    },
  );

  it('waits no longer than it is given', async () => {
    answer = () => undefined;
    const late = await found('', 50);
    expect(late).toEqual(unavailable(`it did not answer within ${UPSTREAM_LOOKUP_TIMEOUT_MS} ms`));
  });

  it('says where there is nobody', async () => {
    server.close();
    expect(await found()).toEqual(unavailable('it cannot be reached'));
  });
});

describe('what the upstream says of a token', () => {
  const read = (changes: object, recording = 'lookup of a token') => {
    const { data } = JSON.parse(recordedBody(recording)) as { data: object };
    return readToken({ data: { ...data, ...changes } }, 'd'.repeat(64));
  };

  it('is what counts here', () => {
    expect(read({}, 'lookup of a token of ns1')).toEqual({
      ok: true,
      value: {
        accessor: 'upstream:stvBJMiELJ14qR8bvWAMDzUw.ns1',
        namespace: 'ns1',
        policies: ['default'],
        entityId: '',
        displayName: 'token',
        ttl: 3600,
      },
    });
  });

  it.each([
    ['a root token does not expire', {}, 'lookup of the root token', { ttl: 0 }],
    ['one in its last second does', { ttl: 0 }, 'lookup of a token', { ttl: 1 }],
    [
      'a batch token is named after its digest',
      {},
      'lookup of a batch token',
      { accessor: 'upstream:dddddddddddddddddddddddd' },
    ],
    [
      "an entity's policies are among its own, each once",
      { identity_policies: ['of-entity', 'app'] },
      'lookup of a login whose entity has a policy',
      { policies: ['app', 'default', 'of-entity'] },
    ],
  ])('%s', (_, changes, recording, expected) => {
    expect(read(changes, recording)).toMatchObject({ ok: true, value: expected });
  });

  it.each([
    { policies: undefined },
    { policies: 'app' },
    { policies: [1] },
    { identity_policies: [null] },
    { namespace_path: 7 },
    { namespace_path: '../' },
    { ttl: '1h' },
    { accessor: null },
    { entity_id: 5 },
  ])('is refused where it is %j', (changes) => {
    expect(read(changes)).toMatchObject({ ok: false, failure: { reason: 'bad_gateway' } });
  });

  it.each([null, [], 'text', {}, { data: null }])('is refused as %j', (body) => {
    expect(readToken(body, '')).toMatchObject({ ok: false, failure: { reason: 'bad_gateway' } });
  });

  it('is refused where it has too many policies, or uses that are counted', () => {
    const policies = Array.from({ length: MAX_POLICIES_PER_TOKEN + 1 }, (_, index) => `p${index}`);
    expect(read({ policies })).toMatchObject({ failure: { reason: 'forbidden' } });
    // OpenBao says -1 of the last use.
    for (const num_uses of [1, -1]) {
      expect(read({ num_uses })).toMatchObject({ failure: { reason: 'forbidden' } });
    }
  });

  it('makes principals that none of ours can be', () => {
    expect(principalOf('upstream:abc', 'e1')).toBe('upstream:e1');
    expect(principalOf('upstream:abc', undefined)).toBe('upstream:abc');
    expect(principalOf('abc', 'e1')).toBe('e1');
  });
});

function unavailable(why: string): object {
  const message = `the token cannot be looked up at the upstream: ${why}`;
  return { ok: false, failure: { reason: 'bad_gateway', message } };
}
