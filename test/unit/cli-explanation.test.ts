/** What `carillon events explain` says of the objects that hold a subscriber. */
import { expect, it } from 'vitest';
import { explanationText } from '../../src/cli/events/explanation.ts';

const STEP = { step: 'event_type', passed: true, event_type: 'abc', pattern: 'a*' } as const;

it('names each object that holds the subscriber before the verdict', () => {
  const held_by = [
    { namespace: '', hub: 'abc', region: null, shard: null },
    { namespace: 'team', hub: 'abc', region: 'oc', shard: null },
    { namespace: '', hub: '*', region: 'weur', shard: 2 },
  ];
  const text = explanationText(
    { delivered: true, decided_by: 'policy', steps: [STEP], held_by },
    [],
  );
  expect(text.split('\n')).toEqual([
    'yes  event type  abc, subscribed to a*',
    '',
    'held by the hub of abc',
    'held by the head of oc of the hub of abc in namespace team',
    'held by shard 2 of weur of the wildcard hub',
    'delivered',
    '',
  ]);
});

it('says nothing of them if the server does not', () => {
  const explanation = { delivered: false, decided_by: 'policy', steps: [STEP] };
  expect(explanationText(explanation, [])).toBe(
    'yes  event type  abc, subscribed to a*\n\nnot delivered: policy\n',
  );
});
