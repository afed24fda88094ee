import { expect, it } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { anEvent } from './support/events.ts';

it('the facts of an event are what filters and policies ask about', () => {
  const event = anEvent({
    event_type: 'kv-v2/data-write',
    namespace: 'team/',
    metadata: {
      path: 'secret/data/a',
      data_path: 'secret/data/b',
      operation: 'data-write',
      more: 'x',
    },
    plugin_info: { mount_path: 'secret/', plugin: 'kv' },
  });
  expect(factsOf(event)).toEqual({
    event_type: 'kv-v2/data-write',
    namespace: 'team/',
    path: 'secret/data/a',
    data_path: 'secret/data/b',
    operation: 'data-write',
    source_plugin_mount: 'secret/',
  });
});

it('what an event does not have is empty', () => {
  for (const event of [anEvent(), anEvent({ metadata: {} }), anEvent({ plugin_info: {} })]) {
    expect(factsOf(event)).toEqual({
      event_type: 'abc',
      namespace: '',
      path: '',
      data_path: '',
      operation: '',
      source_plugin_mount: '',
    });
  }
});

it.each([7, true, null, ['secret/a'], { path: 'secret/a' }])(
  'what is no text says nothing (%j)',
  (value) => {
    const facts = factsOf(
      anEvent({ metadata: { path: value, data_path: value, operation: value } }),
    );
    expect([facts.path, facts.data_path, facts.operation]).toEqual(['', '', '']);
  },
);

it.each([
  ['/secret/a', 'secret/a'],
  ['///secret/a', 'secret/a'],
  ['/', ''],
  ['secret/a', 'secret/a'],
  ['Secret/A', 'Secret/A'],
])('policies are asked about the path %s as %s', (path, asked) => {
  expect(factsOf(anEvent({ metadata: { path } })).path).toBe(asked);
});

it('names that every object has say nothing', () => {
  const metadata = JSON.parse('{"__proto__": {"path": "secret/a"}, "constructor": "x"}');
  expect(factsOf(anEvent({ metadata })).path).toBe('');
});
