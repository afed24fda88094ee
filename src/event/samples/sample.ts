/** What a sample of an event type consists of. Pure: the same number always gives the same sample. */
import type { PluginInfo } from '../event.ts';

export interface SampleEvent {
  readonly event_type: string;
  /** As Vault sends it: all values are strings. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Absent if the event does not come from a mount. */
  readonly plugin_info?: PluginInfo;
}

/** The mount that a sample comes from. */
export interface SampleMount {
  /** Without slashes at its ends. */
  readonly path: string;
  readonly type: string;
  /** The version of a kv mount. */
  readonly version?: '1' | '2';
}

export function sample(
  eventType: string,
  mount: SampleMount,
  metadata: Readonly<Record<string, string>>,
): SampleEvent {
  return { event_type: eventType, metadata, plugin_info: pluginInfoOf(mount) };
}

/** The last segment of an event type. It is the `operation` in the metadata of most types. */
export function nameOfType(eventType: string): string {
  return eventType.slice(eventType.indexOf('/') + 1);
}

/** One of the texts: the first `run` samples have the first one, the next have the second, and so on. */
export function textOf(texts: readonly [string, ...string[]], number: number, run = 1): string {
  return texts[Math.floor(number / run) % texts.length] ?? texts[0];
}

const PLUGIN_VERSIONS: Readonly<Record<string, string>> = {
  kv: 'v0.24.0+builtin',
  database: 'v1.21.0+builtin.vault',
  ldap: 'v0.18.0+builtin',
  azure: 'v0.23.0+builtin',
};

function pluginInfoOf({ path, type, version }: SampleMount): PluginInfo {
  return {
    mount_class: 'secret',
    mount_accessor: `${type}_${hashOf(path)}`,
    mount_path: `${path}/`,
    plugin: type,
    plugin_version: PLUGIN_VERSIONS[type] ?? '',
    ...(version && { version }),
  };
}

/** Eight hexadecimal digits that depend on the text, as those of an accessor: FNV-1a, which is no secret. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
