/**
 * Which cases the suite runs, twice told: by rules that look at a case, and by a table that names each
 * one left out and says why. `coverage.test.ts` holds the two to each other, so that a new case is
 * either run or accounted for.
 */
import {
  eventAuthCases,
  filterCases,
  type GlobCase,
  globCases,
  httpCases,
  jsonCases,
  namespaceCases,
  type PolicyCase,
  policyCases,
  produceCases,
  protobufCases,
} from './cases.ts';

interface LeftOut {
  readonly reason: string;
  readonly ids: readonly string[];
}

/** Cases that no request can express; the unit tests run them on the functions. */
export const NOT_EXPRESSIBLE: readonly LeftOut[] = [
  { reason: 'the input is empty', ids: ['glob-038', 'glob-041', 'glob-042'] },
  { reason: 'the pattern is empty', ids: ['glob-039'] },
  { reason: 'the input ends in a slash', ids: ['glob-008'] },
  { reason: 'the input has "*"', ids: ['glob-031'] },
  { reason: 'the input is not ASCII', ids: ['glob-056'] },
  { reason: 'the answer would be wrapped', ids: ['policy-138'] },
  { reason: 'the entity has a name that somebody chose', ids: ['policy-142'] },
];

const EVENT_TYPE = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Whether an event can be of this type. */
export function isEventType(text: string): boolean {
  return EVENT_TYPE.test(text);
}

function runsGlob({ pattern, input }: GlobCase): boolean {
  return pattern.trim() !== '' && isEventType(input);
}

/** No answer is ever wrapped, and nobody names an entity: it is known by the logins that are its own. */
function runsPolicy({ wrap_ttl_seconds, identity }: PolicyCase): boolean {
  return wrap_ttl_seconds === undefined && identity?.entity.name === undefined;
}

/** The cases of each group that the suite runs. */
export const RUN = {
  glob: globCases.filter(runsGlob),
  json: jsonCases,
  protobuf: protobufCases,
  http: httpCases,
  produce: produceCases,
  policy: policyCases.filter(runsPolicy),
  event_auth: eventAuthCases,
  bexpr: filterCases,
  namespaces: namespaceCases,
} as const;

/** All cases of each group. */
export const ALL = {
  glob: globCases,
  json: jsonCases,
  protobuf: protobufCases,
  http: httpCases,
  produce: produceCases,
  policy: policyCases,
  event_auth: eventAuthCases,
  bexpr: filterCases,
  namespaces: namespaceCases,
} as const;

export type Group = keyof typeof ALL;
export const GROUPS = Object.keys(ALL) as Group[];
