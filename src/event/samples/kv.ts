/** Samples of the events of kv mounts. */
import { nameOfType, type SampleEvent, sample, textOf } from './sample.ts';

const KEYS = ['app/config', 'app/database', 'team-a/payments', 'ci/deploy-key'] as const;

/** So many samples in a row are of one secret, whose version counts up. */
const RUN = 3;

/** The versions of a secret that a kv mount retains by default. */
const MAX_VERSIONS = 10;

export function kvV1Sample(eventType: string, number: number, mount: string): SampleEvent {
  const operation = nameOfType(eventType);
  const path = `${mount}/${textOf(KEYS, number, RUN)}`;
  const metadata = {
    ...(operation === 'write' && { data_path: path }),
    modified: 'true',
    operation,
    path,
  };
  return sample(eventType, { path: mount, type: 'kv', version: '1' }, metadata);
}

export function kvV2Sample(eventType: string, number: number, mount: string): SampleEvent {
  const operation = nameOfType(eventType);
  const key = textOf(KEYS, number, RUN);
  const version = versionOf(number);
  const metadata = { modified: 'true', operation, ...membersOf(operation, mount, key, version) };
  return sample(eventType, { path: mount, type: 'kv', version: '2' }, metadata);
}

function membersOf(
  operation: string,
  mount: string,
  key: string,
  version: number,
): Readonly<Record<string, string>> {
  const versions = {
    current_version: String(version),
    oldest_version: String(Math.max(0, version - MAX_VERSIONS)),
  };
  const list = `[${version}]`;
  switch (operation) {
    case 'data-write':
    case 'data-patch':
      return { ...readable(`${mount}/data/${key}`), ...versions };
    case 'data-delete':
      return { path: `${mount}/data/${key}`, ...versions };
    case 'undelete':
      return {
        path: `${mount}/undelete/${key}`,
        data_path: `${mount}/data/${key}`,
        ...versions,
        undeleted_versions: list,
      };
    case 'delete':
      return { path: `${mount}/delete/${key}`, ...versions, deleted_versions: list };
    case 'destroy':
      return { path: `${mount}/destroy/${key}`, ...versions, destroyed_versions: list };
    case 'metadata-delete':
      return { path: `${mount}/metadata/${key}` };
    case 'config-write':
      return readable(`${mount}/config`);
    default:
      return readable(`${mount}/metadata/${key}`);
  }
}

function readable(path: string) {
  return { path, data_path: path };
}

/** The version of the secret of a sample: it goes on where the last run of the same secret ended. */
function versionOf(number: number): number {
  const lap = Math.floor(number / (RUN * KEYS.length));
  return lap * RUN + (number % RUN) + 1;
}
