/** The samples that the options of `events trigger` ask for. */

import type { OutgoingEvent } from '../../client/index.ts';
import { CATALOG, nearestCatalogued } from '../../event/catalog.ts';
import { sampleEvent } from '../../event/samples/samples.ts';
import { nearest } from '../../lib/nearest.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { parsePairs } from '../input/input.ts';

export interface SampleChoice {
  readonly eventType: string;
  readonly mount: string | undefined;
  readonly overrides: Readonly<Record<string, string>>;
}

/** A key that Vault adds to events of newer releases. A sample has none, but a test may need one. */
const ADDED_BY_VAULT = 'vault_index';

export function sampleChoice(
  eventType: string,
  mount: string | undefined,
  overrides: readonly string[],
): CommandResult<SampleChoice> {
  const path = mount?.replace(/^\/+|\/+$/g, '');
  if (path === '' || (path !== undefined && (dotSegment(path) ?? path.match(/\/\/|\p{Cc}/u)))) {
    return wrongUse(`--mount is ${quote(mount)}; give the path of a mount, such as secret/`);
  }
  const sample = sampleEvent(eventType, 0, path);
  if (sample === undefined) return unknownType(eventType);
  const pairs = parsePairs(overrides);
  if (!pairs.ok) return wrongUse(`--override: ${pairs.failure.message}`);
  const keys = [...Object.keys(sample.metadata), ADDED_BY_VAULT];
  const unknown = Object.keys(pairs.value).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    const near = nearest(unknown, keys);
    return wrongUse(
      `--override: ${eventType} has no metadata ${quote(unknown)}${near === undefined ? '.' : `; did you mean ${JSON.stringify(near)}?`} Its keys are ${keys.join(', ')}`,
    );
  }
  return ok({ eventType, mount: path, overrides: pairs.value });
}

/** @param number from 0 */
export function chosenEvent(choice: SampleChoice, number: number): OutgoingEvent {
  const { eventType, mount, overrides } = choice;
  const sample = sampleEvent(eventType, number, mount);
  if (sample === undefined) throw new Error(`no sample of ${eventType}`);
  const { metadata, plugin_info } = sample;
  // Where the data is read is where it was written, unless the sample has two paths.
  const follows = overrides.path !== undefined && metadata.data_path === metadata.path;
  return {
    eventType,
    metadata: { ...metadata, ...(follows && { data_path: overrides.path }), ...overrides },
    ...(plugin_info && { pluginInfo: plugin_info }),
  };
}

function unknownType(eventType: string): CommandResult<never> {
  const near = nearestCatalogued(eventType) ?? nearest(eventType, CATALOG.keys());
  return wrongUse(
    `there is no sample of ${quote(eventType)}${near === undefined ? '.' : `; did you mean ${near}?`} "carillon events trigger --list" shows the types; publish any other with "carillon events publish"`,
  );
}
