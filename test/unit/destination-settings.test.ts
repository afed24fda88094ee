import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownHeaders, withStoredHeaders } from '../../src/destination/hidden-headers.ts';
import { checkDestinationName } from '../../src/destination/name.ts';
import { parseDestination, type ReadingContext } from '../../src/destination/parse-settings.ts';
import type { WebhookSettings } from '../../src/destination/settings.ts';
import { shownSettings } from '../../src/destination/shown-settings.ts';
import { accepted, failureOf } from './support/result.ts';
import { runs } from './support/runs.ts';

const CONTEXT: ReadingContext = {
  name: 'ci',
  namespace: 'team-a',
  now: Date.parse('2026-11-22T12:00:00Z'),
  allowLoopbackHttp: false,
};
const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const WORKER = { type: 'worker', binding: 'CACHE', pattern: 'kv-v2/*', policies: ['app'] };
const WEBHOOK = {
  type: 'webhook',
  url: 'https://ci.example.com/hook',
  secrets: [SECRET],
  pattern: 'kv-v2/*',
  policies: ['app'],
};

function parse(body: Record<string, unknown>, context: Partial<ReadingContext> = {}) {
  return parseDestination(body, { ...CONTEXT, ...context });
}

function settingsOf(body: Record<string, unknown>, context: Partial<ReadingContext> = {}) {
  return accepted(parse(body, context)).settings;
}

function refusalOf(body: Record<string, unknown>): string {
  return failureOf(parse(body)).message;
}

describe('the settings of a destination', () => {
  it('need a target, a pattern and policies, and have defaults for the rest', () => {
    expect(accepted(parse(WORKER))).toEqual({
      settings: {
        pattern: 'kv-v2/*',
        namespaces: ['team-a'],
        filter: '',
        policies: ['app'],
        target: { type: 'worker', binding: 'CACHE' },
        format: 'cloudevents-structured',
        batchMaxEvents: 1,
        batchMaxWaitMs: 0,
        concurrency: 1,
        maxAttempts: 20,
        maxAgeMs: 86_400_000,
        deadLetter: { kind: 'pause' },
      },
      start: undefined,
      secrets: undefined,
      warnings: [],
    });
  });

  it('are read as the CLI of Vault sends them, with every value as a text', () => {
    const settings = settingsOf({
      ...WEBHOOK,
      secrets: `${SECRET}, ${SECRET}`,
      policies: 'Deploy, app,app',
      namespaces: 'x,y/*',
      headers: 'X-Env=prod,X-Team=a',
      batch_max_events: '50',
      batch_max_wait: '2s',
      concurrency: '4',
      max_attempts: '3',
      max_age: '2h',
      filter: '',
      dead_letter: 'carillon/undelivered',
    });
    expect(settings).toMatchObject({
      policies: ['app', 'deploy'],
      namespaces: ['team-a', 'team-a/x', 'team-a/y/*'],
      target: { headers: { 'X-Env': 'prod', 'X-Team': 'a' } },
      format: 'cloudevents-batch',
      batchMaxEvents: 50,
      batchMaxWaitMs: 2000,
      concurrency: 4,
      maxAttempts: 3,
      maxAgeMs: 7_200_000,
      deadLetter: { kind: 'event' },
    });
  });

  it.each([
    [{ since: 'earliest' }, { kind: 'earliest' }],
    [{ since: '-15m' }, { kind: 'time', at: CONTEXT.now - 900_000 }],
    [{ since: '2026-11-22T11:00:00Z' }, { kind: 'time', at: CONTEXT.now - 3_600_000 }],
    [{ since: ' ' }, undefined],
  ])('say where a new destination starts: %j', (given, start) => {
    expect(accepted(parse({ ...WORKER, ...given })).start).toEqual(start);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [
      { since: 'a-cursor-or-an-id' },
      /^since is "a-cursor-or-an-id", the id of an event: that is a place in one hub, and a destination reads several; give an RFC 3339 time/,
    ],
    [{ since: '-15' }, /^since is "-15", which is no time ago/],
    [{ type: undefined }, /^missing type; there are "worker", "queue", "webhook"$/],
    [{ type: 'sqs' }, /^type is "sqs"; there are "worker", "queue", "webhook"$/],
    [{ type: '__proto__' }, /^type is "__proto__"/],
    [
      { binding: '' },
      /^missing binding: one of those that the variable DESTINATION_BINDINGS lists$/,
    ],
    [{ binding: 'a b' }, /^binding is "a b", which no binding can be called$/],
    [
      { url: 'https://x.example' },
      /^unknown key "url"; a destination of type "worker" has pattern, /,
    ],
    [
      { patern: 'x' },
      /^unknown key "patern" \(did you mean "pattern"\?\); a destination of type "worker" has/,
    ],
    [{ pattern: '' }, /^missing pattern: /],
    [{ pattern: 'a'.repeat(513) }, /pattern has 513 characters, at most 512/],
    [{ pattern: 'a#b' }, /has a "#"/],
    [{ filter: 'data_path = "x"' }, /^filter: line 1, column /],
    [{ filter: 7 }, /^filter must be a string, not a number$/],
    [{ namespaces: ['../other'] }, /leads out of the namespace/],
    [
      { namespaces: Array.from({ length: 33 }, (_, i) => `n${i}`) },
      /^namespaces has 33 entries, at most 32/,
    ],
    [{ policies: [] }, /^missing policies: /],
    [{ policies: undefined }, /^missing policies: /],
    [{ policies: ['app', 'ROOT'] }, /^policies has "root", which no destination can have/],
    [{ policies: ['response-wrapping'] }, /^policies has "response-wrapping", which no/],
    [
      { policies: Array.from({ length: 101 }, (_, i) => `p${i}`) },
      /^policies has 101 entries, at most 100/,
    ],
    [{ format: 'xml' }, /^format is "xml"; there are "cloudevents-structured", /],
    [{ format: 'cloudevents-binary' }, /given each event as an object/],
    [{ batch_max_events: 0 }, /^batch_max_events must be from 1 to 100$/],
    [{ batch_max_events: 101 }, /^batch_max_events must be a whole number of at most 100$/],
    [{ batch_max_events: 1.5 }, /^batch_max_events must be a whole number/],
    [{ batch_max_wait: 61 }, /^batch_max_wait is 61 seconds; it must be from 0 to 60$/],
    [{ batch_max_wait: 'soon' }, /^batch_max_wait must be a duration/],
    [{ concurrency: 5 }, /^concurrency must be a whole number of at most 4$/],
    [{ max_attempts: -1 }, /^max_attempts cannot be negative$/],
    [{ max_age: '59s' }, /^max_age is 59 seconds; it must be from 60 to 604800$/],
    [{ max_age: '8d' }, /^max_age is 691200 seconds/],
    [{ dead_letter: 'a/b' }, /^dead_letter is "a\/b"; it is "carillon\/undelivered" for an event/],
    [{ dead_letter: 'ci' }, /^dead_letter is "ci", this destination itself/],
  ])('are refused with a sentence: %j', (given, message) => {
    expect(refusalOf({ ...WORKER, ...given })).toMatch(message);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ url: undefined }, /^missing url: /],
    [{ url: 'http://ci.example.com' }, /^url must begin with "https:\/\/"$/],
    [{ url: 'https://10.0.0.1/' }, /^url is an address of a private network$/],
    [{ url: 'https://169.254.169.254/latest' }, /^url is an address of a private network$/],
    [{ url: 'https://a:b@ci.example.com/' }, /^url must not have credentials$/],
    [{ handshake: 'maybe' }, /^handshake is "maybe"; there are "required" and "off"$/],
    [{ secrets: [] }, /^secrets must be a list of one or more/],
    [{ secrets: Array(5).fill(SECRET) }, /^there are 5 secrets, at most 4 are allowed$/],
    [{ secrets: ['(hidden)'] }, /^secrets\[0\] is \(hidden\), as a secret is shown/],
    [{ secrets: [7] }, /^secrets\[0\] must be a string, not a number$/],
    [{ secrets: ['canary-of-a-secret'] }, /^secrets\[0\] must begin with "whsec_"/],
    [{ headers: { Host: 'x' } }, /^headers has "Host", which the server/],
    [{ headers: { 'X-A': 1 } }, /^headers\["X-A"\] must be a string, not a number$/],
    [{ format: 'cloudevents-binary', batch_max_events: 2 }, /one event a request/],
    [{ binding: 'CACHE' }, /^unknown key "binding"; a destination of type "webhook" has /],
  ])('of a webhook are refused with a sentence: %j', (given, message) => {
    const refusal = refusalOf({ ...WEBHOOK, ...given });
    expect(refusal).toMatch(message);
    expect(refusal).not.toMatch(/canary|MDEy/);
  });

  it('may name a webhook on this machine where the server is for development', () => {
    const url = 'http://127.0.0.1:8300/hook';
    expect(refusalOf({ ...WEBHOOK, url })).toBe('url must begin with "https://"');
    expect(settingsOf({ ...WEBHOOK, url }, { allowLoopbackHttp: true }).target).toMatchObject({
      url,
    });
  });

  it('come with advice on what is legal and does nothing', () => {
    const { warnings } = accepted(
      parse({ ...WORKER, pattern: 'KV-V2/*', batch_max_wait: 5, filter: 'event_type == "x"' }),
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^pattern: "KV-V2\/\*": event types are case-sensitive/),
      expect.stringMatching(/^filter: event_type never is "x"/),
      'batch_max_wait: no event waits for others while batch_max_events is 1',
    ]);
  });

  it.each(['', 'team-a', 'a/b'])(
    'can be written as they are shown, in namespace "%s"',
    (namespace) => {
      const body = {
        ...WEBHOOK,
        secrets: undefined,
        namespaces: ['x/*', 'y'],
        headers: { 'X-Env': 'prod' },
        handshake: 'required',
        batch_max_events: 7,
        batch_max_wait: 3,
        max_age: 600,
        dead_letter: 'other',
        filter: 'operation == "data-write"',
      };
      const settings = settingsOf(body, { namespace });
      const shown = shownSettings(settings, namespace);
      expect(settingsOf(shown, { namespace })).toEqual(settings);
      expect(shown).toMatchObject({ namespaces: ['x/*', 'y'], max_age: 600, dead_letter: 'other' });
    },
  );

  it('are accepted or refused with a sentence, whatever they are', () => {
    const key = fc.constantFrom(
      ...Object.keys({ ...WEBHOOK, ...WORKER }),
      'namespaces',
      'filter',
      'since',
      'headers',
      'handshake',
      'format',
      'batch_max_events',
      'batch_max_wait',
      'concurrency',
      'max_attempts',
      'max_age',
      'dead_letter',
      '__proto__',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom('webhook', 'queue', '-15m', 'earliest', '1e9', '(hidden)', 'a,b,,'),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, value), { maxLength: 6 }),
        fc.boolean(),
        (members, isWebhook) => {
          const body = { ...(isWebhook ? WEBHOOK : WORKER), ...Object.fromEntries(members) };
          const parsed = parse(body);
          if (!parsed.ok)
            return parsed.failure.reason === 'invalid' && parsed.failure.message !== '';
          const { settings } = parsed.value;
          expect(settings.policies).not.toContain('root');
          expect(
            settings.namespaces.every((each) => each === 'team-a' || each.startsWith('team-a/')),
          ).toBe(true);
          const again = parse(shownSettings(settings, 'team-a'));
          if (!JSON.stringify(settings).includes('(hidden)'))
            expect(accepted(again).settings).toEqual(settings);
          return true;
        },
      ),
      { numRuns: runs(10_000) },
    );
  });
});

describe('the name of a destination', () => {
  it.each(['ci', 'A.b_c-1', 'x'.repeat(128)])('may be %s', (name) => {
    expect(accepted(checkDestinationName(name))).toBe(name);
  });

  it.each(['', '-x', 'a/b', 'a b', 'é', '..', '#', 'x'.repeat(129)])('cannot be %j', (name) => {
    expect(failureOf(checkDestinationName(name)).message).toMatch(/^the destination name /);
  });
});

describe('a header with a credential', () => {
  const stored: WebhookSettings = {
    type: 'webhook',
    url: 'https://ci.example.com/hook',
    headers: { Authorization: 'Bearer x', 'X-Api-Key': 'k', 'X-Env': 'prod' },
    handshake: 'off',
  };
  const hidden = { Authorization: '(hidden)', 'X-Api-Key': '(hidden)', 'X-Env': 'prod' };

  it('is not shown', () => {
    expect(shownHeaders(stored.headers)).toEqual(hidden);
  });

  it('stays where it is written as it is shown', () => {
    const written = { ...stored, headers: { ...hidden, 'X-Env': 'test' } };
    expect(accepted(withStoredHeaders(written, stored))).toEqual({
      ...stored,
      headers: { ...stored.headers, 'X-Env': 'test' },
    });
  });

  it.each([
    ['another URL', { ...stored, url: 'https://ci.example.com/other', headers: hidden }, stored],
    ['a new destination', { ...stored, headers: hidden }, undefined],
    ['a header that is new', { ...stored, headers: { 'X-Token': '(hidden)' } }, stored],
  ] as const)('is not given to %s', (_, written, before) => {
    expect(failureOf(withStoredHeaders(written, before)).message).toMatch(/write the value/);
  });
});
