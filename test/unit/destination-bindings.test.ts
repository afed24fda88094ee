import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import {
  checkBindingName,
  parseDestinationBindings,
} from '../../src/config/destination-bindings.ts';
import { accepted, failureOf } from './support/result.ts';

function bindings(text: string) {
  return parseDestinationBindings({ DESTINATION_BINDINGS: text });
}

const WORKER = { kind: 'worker', namespaces: ['*'] };

describe('the variable DESTINATION_BINDINGS', () => {
  it.each(['', ' ', '{}'])('%j lists nothing', (text) => {
    expect(accepted(bindings(text)).size).toBe(0);
    expect(accepted(parseDestinationBindings({})).size).toBe(0);
  });

  it('lists services and queues, each with the namespaces that may use it', () => {
    const text =
      '{"CACHE": {"kind": "worker", "namespaces": ["", "team-a/"]}, "JOBS": {"kind": "queue", "namespaces": ["*"]}}';
    expect([...accepted(bindings(text))]).toEqual([
      ['CACHE', { kind: 'worker', namespaces: ['', 'team-a'] }],
      ['JOBS', { kind: 'queue', namespaces: ['*'] }],
    ]);
  });

  it.each<[string, unknown]>([
    ['is not JSON', '{"CACHE"'],
    ['is not a JSON object', []],
    ['is not a JSON object', '"CACHE"'],
    ['is not the name of a binding', { 'a b': WORKER }],
    ['is not the name of a binding', { '': WORKER }],
    ['is not a JSON object', { CACHE: 'worker' }],
    ['with the unknown key "namespace"', { CACHE: { ...WORKER, namespace: 'a' } }],
    ['it is "worker" or "queue"', { CACHE: { ...WORKER, kind: 'kv' } }],
    ['it is "worker" or "queue"', { CACHE: { namespaces: ['*'] } }],
    ['without "namespaces"', { CACHE: { kind: 'worker' } }],
    ['without "namespaces"', { CACHE: { kind: 'worker', namespaces: [] } }],
    ['without "namespaces"', { CACHE: { kind: 'worker', namespaces: '*' } }],
    ['with the namespace', { CACHE: { kind: 'worker', namespaces: [1] } }],
    ['with the namespace "/a"', { CACHE: { kind: 'worker', namespaces: ['/a'] } }],
    ['with the namespace "a b"', { CACHE: { kind: 'worker', namespaces: ['a b'] } }],
  ])('that %s is refused: %j', (says, value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const { message } = failureOf(bindings(text));
    expect(message).toContain(`the variable DESTINATION_BINDINGS`);
    expect(message).toContain(says.replace('is not JSON', 'is not JSON:'));
    expect(message).toContain('set it in wrangler.toml');
  });

  it('has at most a hundred', () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`B${at}`, WORKER]));
    expect(failureOf(bindings(JSON.stringify(many))).message).toContain('101 bindings');
  });
});

it('no binding, variable or secret of this server can be given to a destination', () => {
  const toml = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');
  const config = parse(toml) as unknown as {
    readonly vars: object;
    readonly durable_objects: { readonly bindings: readonly { readonly name: string }[] };
  };
  const names = [
    ...Object.keys(config.vars),
    ...config.durable_objects.bindings.map(({ name }) => name),
    ...['ROOT_TOKEN', 'SOURCE_KEY', 'RATE_LIMITER', 'METRICS_DATASET', 'ALLOW_LOOPBACK_HTTP'],
  ];
  for (const name of names) {
    expect(failureOf(checkBindingName(name)).message).toContain('this server binds for itself');
    failureOf(bindings(JSON.stringify({ [name]: WORKER })));
  }
  accepted(checkBindingName('CACHE'));
});
