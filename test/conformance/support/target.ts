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

/** An event-type namespace that no other test, and no earlier run, has used. */
export function freshNamespace(): string {
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

/** Subscribes to JSON frames. */
export function subscribeJson(pattern: string): Promise<Subscriber> {
  return subscribe(target, pattern, { query: 'json=true' });
}

/** Subscribes to protobuf frames. */
export function subscribeProtobuf(pattern: string): Promise<Subscriber> {
  return subscribe(target, pattern);
}

/** Holds an answer to the shape of a refusal: JSON of the one key `errors`, and a newline. */
export function expectErrors(answer: Answer, status: number, errors: readonly unknown[]): void {
  expect(answer).toMatchObject({ status, body: expect.stringMatching(/^\{.*\}\n$/) });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(JSON.parse(answer.body)).toEqual({ errors });
}
