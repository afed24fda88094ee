/**
 * An OpenBao, as far as its answers were recorded (`test/fixtures/openbao`): it logs in, looks tokens up, keeps secrets,
 * and says which mount they are in. Tests tell it by requests below `/recorded/` which tokens there are, and what
 * becomes of them.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

type Data = Record<string, unknown>;

interface Token {
  readonly recording: string;
  /** What differs from the recording. */
  readonly changes: Data;
  /** The status that its look-ups are answered with instead. */
  readonly fails?: number | undefined;
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../fixtures/openbao/answers.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Answer>>;

export class RecordedOpenBao {
  readonly #tokens = new Map<string, Token>();
  readonly #secrets = new Map<string, { readonly data: unknown; readonly version: number }>();
  /** How often each token was looked up, also one that there is not. */
  readonly #lookups = new Map<string, number>();
  #issued = 0;

  answer(asked: Asked): Answer {
    const path = asked.url.replace(/\?.*/, '');
    const token = asked.headers['x-vault-token'];
    if (path.startsWith('/recorded/')) return this.#told(path, JSON.parse(asked.body) as Data);
    if (path === '/v1/sys/health') return recorded('health');
    if (path === '/v1/auth/userpass/login/ann') return this.#login(asked.body);
    if (path === '/v1/auth/token/lookup-self') return this.#lookup(token);
    if (token === undefined || !this.#tokens.has(token)) {
      return recorded('read of a secret without a token');
    }
    if (path.startsWith('/v1/sys/internal/ui/mounts/secret/')) return recorded('mount of a secret');
    return asked.method === 'GET' ? this.#read(path) : this.#write(path, asked.body);
  }

  #told(path: string, body: Data): Answer {
    const name = String(body.token);
    const token = this.#tokens.get(name);
    switch (path) {
      case '/recorded/issue':
        return json({ token: this.#issue(String(body.recording), body.changes as Data) });
      case '/recorded/change':
        if (token) this.#tokens.set(name, { ...token, changes: body.changes as Data });
        return json({});
      case '/recorded/fail':
        if (token) this.#tokens.set(name, { ...token, fails: body.status as number | undefined });
        return json({});
      case '/recorded/revoke':
        this.#tokens.delete(name);
        return json({});
      default:
        return json({ lookups: this.#lookups.get(name) ?? 0 });
    }
  }

  #issue(recording: string, changes: Data): string {
    const token = `s.recorded${++this.#issued}`;
    this.#tokens.set(token, { recording, changes });
    return token;
  }

  #lookup(name: string | undefined): Answer {
    if (name === undefined) return recorded('lookup of no token');
    this.#lookups.set(name, (this.#lookups.get(name) ?? 0) + 1);
    const token = this.#tokens.get(name);
    if (token === undefined) return recorded('lookup of no token');
    if (token.fails !== undefined) return { status: token.fails, headers: {}, body: '' };
    const whole = recorded(token.recording);
    const accessor = `accessor${name.slice('s.recorded'.length)}`;
    return changed(whole, 'data', { id: name, accessor, ...token.changes });
  }

  #login(body: string): Answer {
    if ((JSON.parse(body) as Data).password !== 'pw') return recorded('failed login');
    return changed(recorded('login'), 'auth', {
      client_token: this.#issue('lookup of a login', {}),
    });
  }

  #read(path: string): Answer {
    const secret = this.#secrets.get(path);
    if (secret === undefined) return { ...recorded('health'), status: 404, body: '{"errors":[]}' };
    return changed(recorded('read of a secret'), 'data', {
      data: secret.data,
      metadata: { version: secret.version },
    });
  }

  #write(path: string, body: string): Answer {
    const { data } = JSON.parse(body) as Data;
    const version = (this.#secrets.get(path)?.version ?? 0) + 1;
    this.#secrets.set(path, { data, version });
    const answer = changed(recorded('write of a secret'), 'data', { version });
    // No two requests have the same.
    const request_id = randomUUID();
    return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), request_id }) };
  }
}

/** Listens on this machine until it is closed. */
export async function startOpenBao(): Promise<{ server: Server; address: string }> {
  const openBao = new RecordedOpenBao();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    const answer = openBao.answer({ method, url, headers: headers as Asked['headers'], body });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The body of a recorded answer. */
export function recordedBody(name: string): string {
  return recorded(name).body;
}

function recorded(name: string): Answer {
  const answer = RECORDED[name];
  if (answer === undefined) throw new Error(`nothing was recorded as "${name}"`);
  return answer;
}

/** A recorded answer with other members in one of its objects. */
function changed(answer: Answer, member: 'data' | 'auth', changes: Data): Answer {
  const body = JSON.parse(answer.body) as Record<string, Data>;
  return {
    ...answer,
    body: `${JSON.stringify({ ...body, [member]: { ...body[member], ...changes } })}\n`,
  };
}

function json(value: unknown): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  };
}
