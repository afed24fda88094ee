import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyCase } from './support/cases.ts';
import { RUN } from './support/coverage.ts';
import { freshName } from './support/target.ts';
import {
  ask,
  holderOf,
  makeNamespace,
  succeed,
  type VaultNamespace,
  writePolicies,
} from './support/vault.ts';

const refused = RUN.policy.filter(({ expect_parse_error }) => expect_parse_error === true);
const constrained = RUN.policy.filter(({ kind, allowed }) => kind && typeof allowed === 'boolean');
const templates = RUN.policy.filter(
  ({ kind, capabilities }) => kind === 'template' && capabilities !== undefined,
);
const plain = RUN.policy.filter(
  ({ kind, capabilities }) => kind === undefined && capabilities !== undefined,
);

/** Takes any members, changes nothing, and can be asked by a read as well as by an update. */
const ASKED_PATH = 'auth/token/lookup-self';

let namespace: VaultNamespace;
beforeAll(async () => {
  namespace = await makeNamespace();
});
afterAll(() => namespace.delete());

it('no case asks for what is not asked here', () => {
  const ids = [...refused, ...constrained, ...templates, ...plain].map(({ id }) => id);
  expect(ids.sort()).toEqual(RUN.policy.map(({ id }) => id).sort());
});

describe('a policy is refused', () => {
  it.each(refused)('$id: $policies', async ({ policies, ...expected }) => {
    const answers = await Promise.all(
      policies.map((policy) =>
        ask(`sys/policies/acl/${freshName()}`, {
          method: 'PUT',
          body: { policy },
          namespace: namespace.path,
        }),
      ),
    );
    const bad = answers.filter(({ status }) => status === expected.http_status_on_put);
    const errors = bad.flatMap(({ body }) => (JSON.parse(body) as { errors: string[] }).errors);
    expect(errors.join('\n')).toMatch(/^failed to parse policy: ./);
    for (const words of expected.error_contains ?? []) expect(errors.join('\n')).toContain(words);
  });
});

describe('the capabilities of a token', () => {
  it.each(plain)('$id: $path: $capabilities', async (policyCase) => {
    const { policies, path, capabilities, subscribe_event_types = [] } = policyCase;
    await using inner = await namespaceOf(policyCase);
    const { token } = await holderOf(policies, inner?.path ?? namespace.path);
    const asked = inner === undefined ? path : path.replace(/^[^/]+/, lastOf(inner.path));
    expect(await capabilitiesOf(token, asked)).toEqual(capabilities);
    if (subscribe_event_types.length === 0) return;

    const { rule } = await explainPolicy(policies, path);
    expect(rule).toMatchObject({ path, capabilities, subscribe_event_types });
  });

  it('are those that it sees itself, where it may look', async () => {
    const look = 'path "sys/capabilities-self" { capabilities = ["update"] }';
    const { token } = await holderOf(
      [look, 'path "a/+" { capabilities = ["list", "create"] }'],
      namespace.path,
    );
    const { data } = await succeed('sys/capabilities-self', {
      token,
      body: { paths: ['a/b', 'b'] },
      namespace: namespace.path,
    });
    expect(data).toEqual({ 'a/b': ['create', 'list'], b: ['deny'] });
  });
});

describe('the parameters of a request', () => {
  it.each(constrained)('$id: $operation with $data: $allowed', async (policyCase) => {
    const { policies, path, operation, data, allowed } = policyCase;
    const onPath = policies.map((text) => text.replaceAll(`"${path}"`, `"${ASKED_PATH}"`));
    expect(onPath).not.toEqual(policies);
    const { token } = await holderOf(onPath, namespace.path);
    const answer = await ask(ASKED_PATH, {
      token,
      namespace: namespace.path,
      // What writes is asked for as an update; the cases allow both or neither.
      ...(operation !== 'read' && { body: data }),
    });
    expect(answer).toMatchObject({ status: allowed ? 200 : 403 });
  });
});

describe('a template', () => {
  it.each(templates)('$id: $policies of $identity: $capabilities', async (policyCase) => {
    const { policies, path, identity, capabilities } = policyCase;
    if (!identity) {
      const { token } = await holderOf(policies, namespace.path);
      expect(await capabilitiesOf(token, path)).toEqual(capabilities);
      return;
    }
    const { token, filled } = await logIn(identity.entity, policies);
    expect(await capabilitiesOf(token, filled(path))).toEqual(capabilities);
  });
});

/** The namespace that a case says its policies are of, if it is not that of the request. */
async function namespaceOf({ note }: PolicyCase): Promise<VaultNamespace | undefined> {
  return note?.includes('defined in namespace') ? makeNamespace(namespace.path) : undefined;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function capabilitiesOf(token: string, path: string): Promise<unknown> {
  const { data } = await succeed('sys/capabilities', {
    body: { token, paths: [path] },
    namespace: namespace.path,
  });
  const capabilities = data as Record<string, unknown>;
  expect(capabilities.capabilities).toEqual(capabilities[path]);
  return capabilities[path];
}

/** The step of an explanation that tells the rule of a path. */
async function explainPolicy(
  policies: readonly string[],
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { data } = await succeed('sys/events/explain', {
    body: { policies, pattern: 'abc', event: { event_type: 'abc', metadata: { path } } },
    namespace: namespace.path,
  });
  const { steps } = data as { steps: { step: string }[] };
  return steps.find(({ step }) => step === 'policy') ?? {};
}

type Entity = NonNullable<PolicyCase['identity']>['entity'];

/**
 * Logs in as an entity like that of the case.
 *
 * @returns its token, and what puts its own id into a text that has that of the case
 */
async function logIn(
  { id, metadata = {}, aliases = {} }: Entity,
  policies: readonly string[],
): Promise<{ token: string; filled: (text: string) => string }> {
  const inNamespace = { namespace: namespace.path };
  const { data: methods } = await succeed('sys/auth', inNamespace);
  const { accessor } = (methods as Record<'approle/', { accessor: string }>)['approle/'];
  const [[alias, { name: roleId }] = ['', { name: freshName() }]] = Object.entries(aliases);
  const texts = policies.map((text) =>
    alias ? text.replaceAll(`.${alias}.`, `.${accessor}.`) : text,
  );

  const role = `auth/approle/role/${freshName()}`;
  const token_policies = await writePolicies(texts, namespace.path);
  const settings = { token_policies, token_no_default_policy: true };
  await succeed(role, { body: settings, ...inNamespace });
  await succeed(`${role}/role-id`, { body: { role_id: roleId }, ...inNamespace });
  const { data: secret } = await succeed(`${role}/secret-id`, {
    body: { metadata: JSON.stringify(metadata) },
    ...inNamespace,
  });
  const { secret_id } = secret as { secret_id: string };
  const { auth } = await succeed('auth/approle/login', {
    body: { role_id: roleId, secret_id },
    ...inNamespace,
  });
  const { client_token, entity_id } = auth as { client_token: string; entity_id: string };
  return { token: client_token, filled: (text) => text.replaceAll(id, entity_id) };
}
