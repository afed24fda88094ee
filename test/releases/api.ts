/** A client of a running server, as far as recording a release and checking a recording need one. */

export interface Answer<T = unknown> {
  readonly status: number;
  readonly data: T;
  readonly auth: { readonly client_token: string; readonly accessor: string };
}

/** A server-sent event: of an event of the subscription its `id` is the cursor after it. */
export interface Sent {
  readonly name: string | undefined;
  readonly cursor: string;
  readonly data: { readonly id?: string; readonly resumed?: boolean };
}

const TIMEOUT_MS = 20_000;

export class Api {
  readonly #address: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: string, token: string | undefined, namespace = '') {
    this.#address = address;
    this.#headers = {
      ...(token !== undefined && { 'X-Vault-Token': token }),
      ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
    };
  }

  async ask<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.#address}/v1/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...this.#headers, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { ...(text === '' ? {} : JSON.parse(text)), status: response.status };
  }

  /** The same, for what is not refused. */
  async get<T>(path: string): Promise<T> {
    return (await this.#accepted<T>('GET', path)).data;
  }

  async post<T>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return this.#accepted('POST', path, body);
  }

  async delete(path: string): Promise<void> {
    await this.#accepted('DELETE', path);
  }

  /** Publishes events, and says how many were new. */
  async publish(eventType: string, events: readonly object[]): Promise<number> {
    const { data } = await this.post<{ accepted: number }>(
      `sys/events/publish/${eventType}`,
      events,
    );
    return data.accepted;
  }

  /** The ids of the events that come within a second, and the reasons of gaps. */
  async received(pattern: string, since: string): Promise<string[]> {
    const query = new URLSearchParams({ since, wait: '1s', ...everywhere(pattern) });
    const response = await this.#stream(`${pattern}?${query}`, 'application/x-ndjson');
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const { id, gap } = JSON.parse(line) as { id?: string; gap?: { reason: string } };
      return id ?? `gap: ${gap?.reason}`;
    });
  }

  /** The hello of a subscription, and as many events. */
  async stream(pattern: string, since: string, events: number): Promise<Sent[]> {
    const query = new URLSearchParams({ since, ...everywhere(pattern) });
    const response = await this.#stream(`${pattern}?${query}`, 'text/event-stream');
    const sent: Sent[] = [];
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      sent.push(...blocks.map(sentOf).filter((each) => each !== undefined));
      if (sent.length > events) return sent;
    }
    throw new Error(`the stream of ${pattern} ended after ${sent.length} events`);
  }

  async #stream(path: string, accept: string): Promise<Response> {
    const response = await fetch(`${this.#address}/v1/sys/events/subscribe/${path}`, {
      headers: { ...this.#headers, Accept: accept },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok)
      throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return response;
  }

  async #accepted<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path} was answered ${JSON.stringify(answer)}`);
    }
    return answer;
  }
}

/** A subscription to `*` is one to all namespaces. */
function everywhere(pattern: string): { namespaces?: string } {
  return pattern === '*' ? { namespaces: '*' } : {};
}

function sentOf(block: string): Sent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { name: fields.get('event'), cursor: fields.get('id') ?? '', data: JSON.parse(data) };
}
