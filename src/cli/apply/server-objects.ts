/** The objects of a server: reads, lists, writes and deletes them in their namespaces. */
import type { Server } from '../../client/options.ts';
import type { Result } from '../../lib/result.ts';
import { parseNamespacePath, trimSlashes } from '../../namespace/namespace.ts';
import { type Answer, type ApiFailure, type ApiRequest, requestApi } from '../server/api.ts';
import type { Kind } from './kinds/kind.ts';
import { describeObject, joinNamespaces, type ObjectId } from './object.ts';
import type { State } from './state.ts';

/** What a read finds. `hidden`: the token may not read it. */
export type Found =
  | { readonly is: 'found'; readonly state: State }
  | { readonly is: 'absent' }
  | { readonly is: 'hidden'; readonly message: string };

/** The failure of a request in a sentence that says what it was for. */
export type Outcome<T> = Result<T, string>;

const JSON_BODY = { 'Content-Type': 'application/json' };

export class ServerObjects {
  readonly #server: Server;
  /** The path of the namespace of the command. */
  readonly #base: string;

  constructor(server: Server) {
    this.#server = server;
    this.#base = parseNamespacePath(server.namespace) ?? trimSlashes(server.namespace);
  }

  async read(id: ObjectId): Promise<Outcome<Found>> {
    const path = id.kind.pathOf(id.name);
    const answer = await this.#request(id.namespace, path, {});
    if (answer.ok)
      return { ok: true, value: { is: 'found', state: id.kind.stateOf(answer.value.data) } };
    const { reason, status, message } = answer.failure;
    if (reason === 'not_found') return { ok: true, value: { is: 'absent' } };
    const sentence = `cannot read ${describeObject(id)}: ${message}`;
    return status === 403
      ? {
          ok: true,
          value: { is: 'hidden', message: sentence },
        }
      : { ok: false, failure: sentence };
  }

  /** The names of all objects of a kind that `--prune` can delete. */
  async list(kind: Kind, namespace: string): Promise<Outcome<readonly string[]>> {
    const path = kind.listPath ?? '';
    const answer = await this.#request(namespace, path, { query: 'list=true' });
    if (answer.ok) {
      const { keys } = answer.value.data;
      return { ok: true, value: Array.isArray(keys) ? keys.map(String) : [] };
    }
    const { reason, message } = answer.failure;
    if (reason === 'not_found') return { ok: true, value: [] };
    return { ok: false, failure: `cannot list each ${kind.name}: ${message}` };
  }

  /** @returns the warnings of the server */
  async write(id: ObjectId, body: State): Promise<Outcome<readonly string[]>> {
    const answer = await this.#request(id.namespace, id.kind.pathOf(id.name), {
      method: 'PUT',
      headers: JSON_BODY,
      body: JSON.stringify(body),
    });
    return answer.ok
      ? { ok: true, value: answer.value.warnings }
      : { ok: false, failure: `cannot write ${describeObject(id)}: ${answer.failure.message}` };
  }

  async delete(id: ObjectId): Promise<Outcome<readonly string[]>> {
    const answer = await this.#request(id.namespace, id.kind.pathOf(id.name), { method: 'DELETE' });
    return answer.ok
      ? { ok: true, value: answer.value.warnings }
      : { ok: false, failure: `cannot delete ${describeObject(id)}: ${answer.failure.message}` };
  }

  #request(namespace: string, path: string, init: ApiRequest): Promise<Result<Answer, ApiFailure>> {
    const server = { ...this.#server, namespace: joinNamespaces(this.#base, namespace) };
    return requestApi(server, path, init);
  }
}
