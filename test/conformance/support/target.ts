/** The server under test, and the few ways in which the suite speaks to it. */
import { randomBytes } from 'node:crypto';
import { expect, inject } from 'vitest';
import { type Subscriber, subscribe, type Target } from '../../support/subscriber.ts';

export const target: Target = { address: inject('address'), token: inject('token') };

/** Host and port, as they stand in a `Host` header. */
export const host = new URL(target.address).host;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A name that no other test, and no earlier run, has used: mostly of an event-type namespace. */
export function freshName(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

/** Sends a request with the root token; `path` is what follows `/v1/`. */
export async function api(path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = new Headers(init.headers);
  if (!headers.has('X-Vault-Token')) headers.set('X-Vault-Token', target.token);
  return call(path, { ...init, headers });
}

/** Sends a request without a token. */
export async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${target.address}/v1/${path}`, { ...init, redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** What a subscription may have beside its pattern; it is the root token's where it names no other. */
export interface Wanted {
  readonly token?: string;
  /** The Vault namespace that the request is sent to. */
  readonly namespace?: string;
  /** The `namespaces` parameters. */
  readonly namespaces?: readonly string[];
  readonly filter?: string;
}

/** Subscribes to JSON frames. */
export function subscribeJson(pattern: string, wanted: Wanted = {}): Promise<Subscriber> {
  return subscribeWanted(pattern, wanted, [['json', 'true']]);
}

/** Subscribes to protobuf frames. */
export function subscribeProtobuf(pattern: string, wanted: Wanted = {}): Promise<Subscriber> {
  return subscribeWanted(pattern, wanted, []);
}

function subscribeWanted(
  pattern: string,
  { token = target.token, namespace, namespaces = [], filter }: Wanted,
  parameters: [string, string][],
): Promise<Subscriber> {
  const query = new URLSearchParams(parameters);
  for (const value of namespaces) query.append('namespaces', value);
  if (filter !== undefined) query.set('filter', filter);
  return subscribe({ address: target.address, token }, pattern, {
    query: query.toString(),
    headers: namespace === undefined ? {} : { 'X-Vault-Namespace': namespace },
  });
}

/** Holds an answer to the shape of a refusal: JSON of the one key `errors`, and a newline. */
export function expectErrors(answer: Answer, status: number, errors: readonly unknown[]): void {
  expect(answer).toMatchObject({ status, body: expect.stringMatching(/^\{.*\}\n$/) });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(JSON.parse(answer.body)).toEqual({ errors });
}
