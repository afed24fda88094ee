import { describe, expect, it } from 'vitest';
import type { HttpCase } from './support/cases.ts';
import { RUN } from './support/coverage.ts';
import { type Header, rawRequest } from './support/raw-request.ts';
import { type Answer, expectErrors, host, target } from './support/target.ts';
import {
  ensureNamespace,
  type Holder,
  holderOf,
  holderOfNamed,
  makeNamespace,
  succeed,
  type VaultNamespace,
} from './support/vault.ts';

describe('a request', () => {
  for (const httpCase of RUN.http) {
    const { id, name, request, precondition, expect: expected } = httpCase;
    it(`${id}: ${name}: ${expected.status}`, async () => {
      await ensureNamespace(precondition?.match(/^namespace (\S+) exists$/)?.[1] ?? '');
      await using namespace = await namespaceOf(httpCase);
      if (namespace !== undefined) await prepare(httpCase, namespace.path);
      await using holder = await holderFor(httpCase);
      const { method, path, body, token } = request;
      const sent = holder?.token ?? (token === 'root' ? target.token : token);
      const answer = await rawRequest({
        method,
        path,
        headers: [
          ...(typeof sent === 'string' ? [['X-Vault-Token', sent] as const] : []),
          ...headersOf(httpCase),
          ...(namespace ? [['X-Vault-Namespace', namespace.path] as const] : []),
        ],
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      expectAnswer(answer, expected);
    });
  }
});

/**
 * Cases that change policies, or need a role of an auth method, are sent to a namespace of their own, so
 * that nothing of the server's is overwritten.
 */
async function namespaceOf({
  request,
  precondition,
}: HttpCase): Promise<VaultNamespace | undefined> {
  const isOwn = request.path.startsWith('/v1/sys/policies/') || precondition?.includes('mounted');
  return isOwn ? makeNamespace() : undefined;
}

/** Sets up what the case takes for granted; the auth methods themselves are always there. */
async function prepare({ request, precondition }: HttpCase, namespace: string): Promise<void> {
  const role = precondition?.match(/role (\w+) of type jwt/)?.[1];
  if (role !== undefined) {
    const settings = { role_type: 'jwt', user_claim: 'sub', bound_subject: 'somebody' };
    await succeed(`auth/jwt/role/${role}`, { body: settings, namespace });
  }
  if (request.method === 'DELETE' && !request.path.endsWith('/default')) {
    const policy = 'path "a" { capabilities = ["read"] }';
    await succeed(request.path.replace(/^\/v1\//, ''), { body: { policy }, namespace });
  }
}

/** Makes the token that a case describes; undefined where it names one, or none. */
async function holderFor({ request: { token } }: HttpCase): Promise<Holder | undefined> {
  if (token === null || typeof token === 'string') return undefined;
  return 'hcl' in token ? holderOf(token.hcl) : holderOfNamed(token.policies);
}

function headersOf({ request, raw_headers = [] }: HttpCase): Header[] {
  return [
    ...Object.entries(request.headers).flatMap(([name, value]) =>
      value === null ? [] : [[name, filled(value)] as const],
    ),
    ...raw_headers.map(([name, value]) => [name, filled(value)] as const),
  ];
}

function filled(value: string): string {
  return value.replace('$ROOT', target.token).replace('$HOST', host);
}

function expectAnswer(answer: Answer, expected: HttpCase['expect']): void {
  const { status, errors, body, content_type_not } = expected;
  expect(answer).toMatchObject({ status });
  if (errors !== undefined) expectErrors(answer, status, errors);
  if (body !== undefined) expect(answer.body.trimEnd()).toBe(body);
  if (content_type_not !== undefined) {
    expect(answer.headers.get('content-type')).not.toContain(content_type_not);
  }
  if (status === 204) expect(answer.body).toBe('');
  for (const text of expected.errors_contain ?? []) {
    expectErrors(answer, status, [expect.stringContaining(text)]);
  }
  for (const warning of expected.warnings_include ?? []) {
    expect(memberOf(answer, 'warnings')).toContainEqual(warning);
  }
  for (const way of expected.json_has ?? [])
    expect([way, memberOf(answer, way)]).not.toEqual([way, undefined]);
  for (const [way, value] of Object.entries(expected.json ?? {})) {
    expect([way, memberOf(answer, way)]).toEqual([way, value]);
  }
}

/** What stands in an answer under these names; undefined where nothing does, not even null. */
function memberOf({ body }: Answer, way: string): unknown {
  return way
    .split('.')
    .reduce<unknown>(
      (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
      JSON.parse(body),
    );
}
