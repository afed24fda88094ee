/** The server that the commands speak to, as Vault's own commands find it: by the environment. */
export interface Server {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
}

const DEFAULT_ADDRESS = 'http://127.0.0.1:8200';

/** @returns the server, or the sentence that says what is wrong with the environment */
export function serverOf(env: NodeJS.ProcessEnv): Server | string {
  const address = env.VAULT_ADDR || DEFAULT_ADDRESS;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    return `VAULT_ADDR is ${JSON.stringify(address)}; set it to a URL such as ${DEFAULT_ADDRESS}`;
  }
  const token = env.VAULT_TOKEN?.trim();
  if (!token) return 'VAULT_TOKEN is not set; "carillon dev" prints a line that sets it';
  if (/[^\x21-\x7e]/.test(token))
    return 'VAULT_TOKEN has a character that no token has; set it anew';
  const namespace = env.VAULT_NAMESPACE?.trim();
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
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${path.split('/').map(encodeURIComponent).join('/')}`;
  return url;
}

/** Sends a request; the answer's status and JSON body, or the sentence that says what failed. */
export async function request(
  server: Server,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown } | string> {
  const url = apiUrl(server, path);
  try {
    const response = await fetch(url, { ...init, headers: { ...server.headers, ...init.headers } });
    const text = await response.text();
    if (response.ok) return { status: response.status, body: JSON.parse(text) as unknown };
    return refusal(response.status, text);
  } catch (error) {
    return unreachable(url, error);
  }
}

/** The server's refusal, in the words of its body. */
export function refusal(status: number, body: string): string {
  return `the server answered ${status}: ${errorsOf(body).replace(/\s+/g, ' ').trim()}`;
}

function errorsOf(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    if (Array.isArray(errors) && errors.length > 0) return errors.join('; ');
  } catch {
    // Not Vault's JSON: the text speaks for itself.
  }
  return body || 'no reason given';
}

type ErrorWithCode = Partial<NodeJS.ErrnoException>;

export function unreachable(url: URL, error: unknown): string {
  const { message, code, cause } = error as ErrorWithCode & { cause?: ErrorWithCode };
  return `cannot reach ${url.origin} (${cause?.code ?? code ?? cause?.message ?? message}); is the server running, and VAULT_ADDR its address?`;
}
