/**
 * Samples of the catalogued event types: what Vault sends, with plausible values. The test page of an integration, a
 * command line and a test can publish them.
 *
 * A sample has the keys of the catalog, and those that Vault's code sends in addition (`current_version`). It has no
 * `vault_index`: a client would send it back to a Vault that never had this index.
 */
import { CATALOG } from '../catalog.ts';
import { eventTypeNamespace } from '../event-type.ts';
import { azureSample, databaseSample, ldapSample } from './engines.ts';
import { kvV1Sample, kvV2Sample } from './kv.ts';
import { leaseSample } from './leases.ts';
import type { SampleEvent } from './sample.ts';

type Family = (eventType: string, number: number, mount: string) => SampleEvent;

/** By event-type namespace: the samples, and the mount that they come from. */
const FAMILIES = new Map<string, readonly [family: Family, mount: string]>([
  ['azure', [azureSample, 'azure']],
  ['database', [databaseSample, 'database']],
  ['kv-v1', [kvV1Sample, 'kv']],
  ['kv-v2', [kvV2Sample, 'secret']],
  ['ldap', [ldapSample, 'ldap']],
  ['lease', [leaseSample, 'database']],
]);

/**
 * A sample of a catalogued type. Samples with other numbers have other values; versions count up.
 *
 * @param number from 0
 * @param mount the path of the mount, without slashes at its ends, instead of that of Vault's documentation
 * @returns undefined if the type is not catalogued
 *
 * @example
 * sampleEvent('kv-v2/data-write', 0)?.metadata.path // 'secret/data/app/config'
 */
export function sampleEvent(
  eventType: string,
  number: number,
  mount?: string,
): SampleEvent | undefined {
  if (!CATALOG.has(eventType)) return undefined;
  const family = FAMILIES.get(eventTypeNamespace(eventType));
  if (family === undefined) throw new Error(`no samples of ${eventType}`);
  const [make, usualMount] = family;
  return make(eventType, number, mount ?? usualMount);
}
