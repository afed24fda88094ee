import { credentialHeaders } from '../../../destination/hidden-headers.ts';
import { checkDestinationName } from '../../../destination/name.ts';
import { DEAD_LETTER_EVENT, parseDestination } from '../../../destination/parse-settings.ts';
import { shownSettings } from '../../../destination/shown-settings.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok } from '../../../lib/result.ts';
import { ROOT } from '../../../namespace/namespace.ts';
import type { State } from '../state.ts';
import type { Kind, Reference } from './kind.ts';

const PATH = 'sys/events/destinations';

/** The server says what is wrong with the target itself: the binding, the name of the host. */
export const DESTINATION: Kind = {
  name: 'destination',
  pathOf: (name) => `${PATH}/${name}`,
  listPath: PATH,
  checkName: checkDestinationName,
  secrets: {
    member: 'secrets',
    has: ({ type }) => type === 'webhook',
    canStay: (before, after) => before.type === after.type,
    check: (name, { secrets: _, ...state }, values) => parse(name, { ...state, secrets: values }),
  },
  check(name, spec) {
    if (spec.since !== undefined) {
      return invalid(
        'since says where a new destination starts, and files declare what it is; leave it out, and use "carillon destination replay --since" afterwards',
      );
    }
    const parsed = parse(name, spec);
    if (!parsed.ok) return parsed;
    const written = credentialHeaders(parsed.value.settings.target)[0];
    return written === undefined
      ? ok(shownSettings(parsed.value.settings, ROOT))
      : invalid(
          `headers[${quote(written)}] is a credential, so leave its value out of the file: write "(hidden)" to keep the stored one, and write it once with "carillon destination write --header"`,
        );
  },
  references: ({ policies, dead_letter: deadLetter }) => [
    ...policyReferences(policies),
    ...(deadLetter === '' || deadLetter === DEAD_LETTER_EVENT
      ? []
      : [{ kind: 'destination', name: String(deadLetter), member: 'dead_letter' }]),
  ],
  advice(state) {
    const parsed = parse('', state);
    return parsed.ok ? parsed.value.warnings : [];
  },
  stateOf({ state: _, public_keys: _keys, secrets, ...settings }) {
    return { ...settings, ...(Array.isArray(secrets) && { secrets: secrets.length }) };
  },
};

/** Globs over namespaces are relative, so the namespace of the destination does not matter. */
function parse(name: string, spec: Record<string, unknown>) {
  return parseDestination(spec, { name, namespace: ROOT, now: 0, allowLoopbackHttp: true });
}

function policyReferences(policies: State[string]): Reference[] {
  return Array.isArray(policies)
    ? policies.map((name) => ({ kind: 'policy', name: String(name), member: 'policies' }))
    : [];
}
