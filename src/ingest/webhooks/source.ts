/** A source, compiled from its stored settings: how to verify its deliveries, and which events they become. */
import { invalid, ok, type Result } from '../../lib/result.ts';
import { compileMapping, type Mapping, type MappingSettings } from './mapping/mapping.ts';
import type { ReadSettings } from './settings/read-settings.ts';
import {
  checkSettings,
  findKind,
  type SourceSettings,
  shownSettings,
  verifiersOf,
} from './settings/settings.ts';
import { CLOUDEVENTS } from './vendors/all-kinds.ts';
import type { Kind, Shape } from './vendors/kind.ts';
import type { Verifier } from './verifiers/verifier.ts';

interface AnySource {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly secrets: readonly string[];
  readonly kind: Kind;
  readonly verifiers: readonly Verifier[];
}

/** Deliveries are documents, and rules make events of them. */
export interface DocumentSource extends AnySource {
  readonly body: 'document';
  /** For documents that are no CloudEvents, and of no known shape. */
  readonly mapping: Mapping;
  readonly shapeMappings: readonly (readonly [shape: Shape, mapping: Mapping])[];
  readonly cloudEventMapping: Mapping;
}

/** Deliveries are entries of an audit device. */
export interface AuditSource extends AnySource {
  readonly body: 'audit';
  /** The versions of kv mounts, as far as they are configured. */
  readonly mounts: ReadonlyMap<string, 1 | 2>;
  /** How the audited server is asked about secrets and mounts. */
  readonly read?: ReadSettings & { readonly token: string };
}

export type Source = DocumentSource | AuditSource;

/** @param stored perhaps by another release: settings that this release could not have stored are rejected */
export function compileSource(
  name: string,
  stored: SourceSettings,
  secrets: readonly string[],
  readToken?: string,
): Result<Source> {
  const kind = findKind(stored.kind);
  if (kind === undefined) return invalid(`the source ${name} is of an unknown kind`);
  const checked = checkSettings(name, shownSettings(stored));
  if (!checked.ok) return checked;
  const settings = checked.value;
  const source = { name, settings, secrets, kind, verifiers: verifiersOf(settings) };
  if (kind.body === 'audit') {
    const mounts = new Map(Object.entries(settings.mounts ?? {}));
    const { read } = settings;
    const asks = read !== undefined && readToken !== undefined;
    return ok({
      ...source,
      body: kind.body,
      mounts,
      ...(asks && { read: { ...read, token: readToken } }),
    });
  }
  const { event_type: eventType } = settings;
  const rules = { ...signedId(settings), ...settings.mapping };
  const mapping = compileMapping(name, kind, eventType, rules);
  if (!mapping.ok) return mapping;
  const cloudEventMapping = compileMapping(name, CLOUDEVENTS, eventType, settings.mapping);
  if (!cloudEventMapping.ok) return cloudEventMapping;
  const shapeMappings: [Shape, Mapping][] = [];
  for (const shape of kind.shapes ?? []) {
    const ofShape = compileMapping(name, shape, eventType, settings.mapping);
    if (!ofShape.ok) return ofShape;
    shapeMappings.push([shape, ofShape.value]);
  }
  return ok({
    ...source,
    body: kind.body,
    mapping: mapping.value,
    cloudEventMapping: cloudEventMapping.value,
    shapeMappings,
  });
}

/** A signed id is the best one. */
function signedId({ signature }: SourceSettings): MappingSettings {
  return signature?.signed.includes('{id}') ? { id: '{id}' } : {};
}
