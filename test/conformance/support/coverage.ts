/**
 * Which cases the suite runs, twice told: by rules that look at a case, and by a table that names each
 * one left out and says why. `coverage.test.ts` holds the two to each other, so that a new case is
 * either run or accounted for.
 */
import {
  type GlobCase,
  globCases,
  type HttpCase,
  httpCases,
  type JsonCase,
  jsonCases,
  type ProtobufCase,
  produceCases,
  protobufCases,
} from './cases.ts';

interface LeftOut {
  readonly reason: string;
  readonly ids: readonly string[];
}

/** Cases of what the server does not have yet. */
export const NOT_YET: readonly LeftOut[] = [
  { reason: 'filter expressions', ids: ['http-005', 'http-036', 'http-037'] },
  { reason: 'child namespaces', ids: ['http-050', 'protobuf-006'] },
  { reason: 'policies on subscriptions', ids: ['http-027', 'http-028', 'http-029'] },
  {
    reason: 'the token API',
    ids: ['http-063', 'http-064', 'http-065', 'http-068', 'http-069', 'http-070', 'http-071'],
  },
  {
    reason: 'the policy API',
    ids: [
      'http-073',
      'http-075',
      'http-076',
      'http-077',
      'http-079',
      'http-081',
      'http-084',
      'http-085',
      'http-086',
    ],
  },
  { reason: 'auth methods', ids: ['http-088', 'http-090', 'http-091'] },
];

/** Cases that no publisher and no subscriber can express; the unit tests run them on the functions. */
export const NOT_EXPRESSIBLE: readonly LeftOut[] = [
  { reason: 'the input is empty', ids: ['glob-038', 'glob-041', 'glob-042'] },
  { reason: 'the pattern is empty', ids: ['glob-039'] },
  { reason: 'the input ends in a slash', ids: ['glob-008'] },
  { reason: 'the input has "*"', ids: ['glob-031'] },
  { reason: 'the input is not ASCII', ids: ['glob-056'] },
];

const EVENT_TYPE = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Whether an event can be of this type. */
export function isEventType(text: string): boolean {
  return EVENT_TYPE.test(text);
}

function runsGlob({ pattern, input }: GlobCase): boolean {
  return pattern.trim() !== '' && isEventType(input);
}

function runsEvent({ event }: JsonCase | ProtobufCase): boolean {
  return !event.namespace;
}

function runsHttp({ request: { path, token }, expect }: HttpCase): boolean {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const hasFilter = (searchParams.get('filter') ?? '').trim() !== '';
  return (
    pathname.startsWith('/v1/sys/events/subscribe/') &&
    (token === null || token === 'root') &&
    // Every check with an error in JSON comes before the filter is read.
    (!hasFilter || expect.errors !== undefined)
  );
}

/** The cases of each group that the suite runs. */
export const RUN = {
  glob: globCases.filter(runsGlob),
  json: jsonCases.filter(runsEvent),
  protobuf: protobufCases.filter(runsEvent),
  http: httpCases.filter(runsHttp),
  produce: produceCases,
} as const;

/** All cases of each group. */
export const ALL = {
  glob: globCases,
  json: jsonCases,
  protobuf: protobufCases,
  http: httpCases,
  produce: produceCases,
} as const;

export type Group = keyof typeof ALL;
export const GROUPS = Object.keys(ALL) as Group[];
