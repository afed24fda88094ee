/** The parts of Vault's API that the suite sets things up with: namespaces, policies, tokens. */
import { type Answer, api, freshName, target } from './target.ts';

export interface Request {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The root token, where it is no other. */
  readonly token?: string;
  /** The Vault namespace that the request is sent to; the root namespace by default. */
  readonly namespace?: string;
}

/** Asks the API; `path` is what follows `/v1/`. */
export function ask(
  path: string,
  { method, body, token, namespace }: Request = {},
): Promise<Answer> {
  return api(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'X-Vault-Token': token ?? target.token,
      'X-Vault-Namespace': namespace ?? '',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** The same, failing where it is refused. @returns the answer, empty where there is none */
export async function succeed(
  path: string,
  request: Request = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await ask(path, request);
  if (status >= 300) throw new Error(`${path} answered ${status}: ${body}`);
  return body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
}

/** A Vault namespace of a test's own; what is in it ends with it. */
export class VaultNamespace implements AsyncDisposable {
  /** From the root namespace on, without slashes at its ends. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async delete(): Promise<void> {
    await succeed(`sys/namespaces/${this.path}`, { method: 'DELETE' });
  }

  /** As its events carry it. */
  get inEvents(): string {
    return `${this.path}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
  }
}

/** Makes a namespace that no other test, and no earlier run, has used. */
export async function makeNamespace(parent = ''): Promise<VaultNamespace> {
  const path = `${parent}${parent && '/'}${freshName()}`;
  await succeed(`sys/namespaces/${path}`, { method: 'PUT', body: {} });
  return new VaultNamespace(path);
}

/**
 * Makes sure that there is a namespace, and those above it, that a case names. It stays: another run may
 * be at work in it.
 */
export async function ensureNamespace(path: string): Promise<void> {
  const names = path.split('/').filter((name) => name !== '');
  for (const index of names.keys()) {
    const each = names.slice(0, index + 1).join('/');
    await succeed(`sys/namespaces/${each}`, { method: 'PUT', body: {} });
  }
}

/** Writes policies under names of their own. @returns the names */
export async function writePolicies(texts: readonly string[], namespace = ''): Promise<string[]> {
  const names = texts.map(freshName);
  await Promise.all(texts.map((text, index) => writePolicy(names[index] ?? '', text, namespace)));
  return names;
}

async function writePolicy(name: string, text: string, namespace = ''): Promise<void> {
  await succeed(`sys/policies/acl/${name}`, { method: 'PUT', body: { policy: text }, namespace });
}

/** A token, and the policies that were made for it; they end with it. */
export class Holder implements AsyncDisposable {
  readonly token: string;
  readonly accessor: string;
  /** The names of its own policies, in the order of their texts. */
  readonly policies: readonly string[];
  /** Of the token and the policies. */
  readonly namespace: string;

  constructor(auth: Auth, policies: readonly string[], namespace: string) {
    this.token = auth.client_token;
    this.accessor = auth.accessor;
    this.policies = policies;
    this.namespace = namespace;
  }

  /** Gives one of its policies another text. */
  async rewrite(text: string, index = 0): Promise<void> {
    await writePolicy(this.policies[index] ?? '', text, this.namespace);
  }

  async revoke(): Promise<void> {
    const { token, namespace } = this;
    await succeed('auth/token/revoke', { body: { token }, namespace });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { namespace } = this;
    await this.revoke();
    for (const name of this.policies) {
      await succeed(`sys/policies/acl/${name}`, { method: 'DELETE', namespace });
    }
  }
}

interface Auth {
  readonly client_token: string;
  readonly accessor: string;
}

/**
 * Makes a token that has policies of these texts, and no others.
 *
 * @param settings further members of the request for the token
 */
export async function holderOf(
  texts: readonly string[],
  namespace = '',
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Holder> {
  const policies = await writePolicies(texts, namespace);
  const auth = await createToken({ policies, no_default_policy: true, ...settings }, namespace);
  return new Holder(auth, policies, namespace);
}

/** Makes a token that has policies of these names. */
export async function holderOfNamed(policies: readonly string[], namespace = ''): Promise<Holder> {
  return new Holder(await createToken({ policies }, namespace), [], namespace);
}

async function createToken(
  settings: Readonly<Record<string, unknown>>,
  namespace: string,
): Promise<Auth> {
  // An hour after a test that broke off, its token is gone.
  const body = { ttl: '1h', ...settings };
  const { auth } = await succeed('auth/token/create', { body, namespace });
  return auth as Auth;
}
