/** The server that the commands speak to, as Vault's own commands find it: by the environment. */
export interface Server {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request came to: the `data` of its answer, or the sentence that says what failed. */
export type Outcome =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly message: string;
      /** 0 where there was no answer. */
      readonly status: number;
      /** What the server says was done nevertheless. */
      readonly data?: Readonly<Record<string, unknown>>;
    };

const DEFAULT_ADDRESS = 'http://127.0.0.1:8200';

/** @returns the server, or the sentence that says what is wrong with the environment */
export function serverOf(env: NodeJS.ProcessEnv): Server | string {
  const address = env.VAULT_ADDR || DEFAULT_ADDRESS;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    return `VAULT_ADDR is ${JSON.stringify(address)}; set it to a URL such as ${DEFAULT_ADDRESS}`;
  }
  const token = env.VAULT_TOKEN?.trim();
  if (!token) return 'VAULT_TOKEN is not set; "carillon dev" prints a line that sets it';
  const namespace = env.VAULT_NAMESPACE?.trim();
  for (const [name, value] of Object.entries({ VAULT_TOKEN: token, VAULT_NAMESPACE: namespace })) {
    if (value !== undefined && /[^\x21-\x7e]/.test(value)) {
      return `${name} has a character that no header can carry; set it anew`;
    }
  }
  return {
    address: new URL(address),
    headers: {
      'X-Vault-Request': 'true',
      'X-Vault-Token': token,
      ...(namespace && { 'X-Vault-Namespace': namespace }),
    },
  };
}

/** The URL of an API path below the server's address. */
export function apiUrl({ address }: Server, path: string): URL {
  const url = new URL(address.origin);
  const base = address.pathname.replace(/\/$/, '');
  url.pathname = `${base}/v1/${path.split('/').map(encodeURIComponent).join('/')}`;
  return url;
}

export async function request(
  server: Server,
  path: string,
  init: RequestInit = {},
): Promise<Outcome> {
  const url = apiUrl(server, path);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, headers: { ...server.headers, ...init.headers } });
    text = await response.text();
  } catch (error) {
    return { ok: false, status: 0, message: unreachable(url, error) };
  }
  const { status } = response;
  const data = dataOf(text);
  if (!response.ok) {
    return { ok: false, status, message: refusal(status, text), ...(data && { data }) };
  }
  if (data !== undefined) return { ok: true, data };
  return {
    ok: false,
    status,
    message: `${url.origin} answered ${status} without data; is it the address of the server?`,
  };
}

function dataOf(body: string): Record<string, unknown> | undefined {
  const json = parse(body) as { data?: unknown } | null | undefined;
  return typeof json?.data === 'object' && json.data !== null
    ? (json.data as Record<string, unknown>)
    : undefined;
}

/** The server's refusal, in the words of its body. */
export function refusal(status: number, body: string): string {
  const json = parse(body) as { errors?: unknown } | null | undefined;
  const reason =
    Array.isArray(json?.errors) && json.errors.length > 0 ? json.errors.join('; ') : body;
  return `the server answered ${status}: ${reason.replace(/\s+/g, ' ').trim() || 'no reason given'}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type ErrorWithCode = Partial<NodeJS.ErrnoException>;

/** Says why there was no answer. */
export function unreachable(url: URL, error: unknown): string {
  const { message, code, cause } = error as ErrorWithCode & { cause?: ErrorWithCode };
  const reason = cause?.code ?? code ?? cause?.message ?? message;
  return `cannot reach ${url.origin} (${reason}); is the server running, and VAULT_ADDR its address?`;
}
