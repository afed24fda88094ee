import { checkSecrets } from '../../../ingest/webhooks/settings/secrets.ts';
import {
  checkSettings,
  checkSourceName,
  findKind,
  shownSettings,
} from '../../../ingest/webhooks/settings/settings.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { invalid, ok } from '../../../lib/result.ts';
import type { Kind } from './kind.ts';

const PATH = 'sys/events/sources';

/** The number of its secrets is the only thing about them that the server tells. */
export const SOURCE: Kind = {
  name: 'source',
  pathOf: (name) => `${PATH}/${name}`,
  listPath: PATH,
  checkName: checkSourceName,
  secrets: {
    member: 'secrets',
    has: ({ kind }) => findKind(String(kind))?.secrets !== 'none',
    canStay: (before, after) => before.kind === after.kind,
    check(name, { secrets: _, ...state }, values) {
      const settings = checkSettings(name, state);
      return settings.ok ? checkSecrets(values, settings.value) : settings;
    },
  },
  check(name, spec) {
    const settings = checkSettings(name, spec);
    if (!settings.ok) return settings;
    return isJsonObject(spec.read) && spec.read.token !== undefined
      ? invalid(
          'read.token is a secret, so leave it out of the file; write it once with "carillon source write --read-token-file"',
        )
      : ok(shownSettings(settings.value));
  },
  references: ({ namespace }) =>
    namespace ? [{ kind: 'namespace', name: String(namespace), member: 'namespace' }] : [],
  stateOf({ address: _, secrets, read, ...settings }) {
    return {
      ...settings,
      ...(isJsonObject(read) && { read: { address: read.address } }),
      secrets: Array.isArray(secrets) ? secrets.length : 0,
    };
  },
};
