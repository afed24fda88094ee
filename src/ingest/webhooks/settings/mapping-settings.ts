/** Reads the `mapping` of a source: rules that replace those of its kind. */
import type { Fields } from '../../../lib/fields.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { kindOf } from '../../../lib/quote.ts';
import { MAX_MAPPED_NAMES } from '../../limits.ts';
import type { MappingSettings } from '../mapping/mapping.ts';

const RULES = ['id', 'path', 'time'] as const;

export function readMapping(fields: Fields): MappingSettings {
  const mapping = fields.object('mapping');
  mapping.rejectUnknown([...RULES, 'metadata']);
  const rules = RULES.map((name) => [name, mapping.string(name)] as const);
  const metadata = mapping.raw('metadata');
  return {
    ...Object.fromEntries(rules.filter(([, rule]) => rule !== undefined)),
    ...(metadata !== undefined && { metadata: readMetadataRules(metadata, fields) }),
  };
}

function readMetadataRules(value: unknown, fields: Fields): Record<string, string> {
  if (!isJsonObject(value)) {
    fields.reject(`mapping.metadata must be an object, not ${kindOf(value)}`);
    return {};
  }
  const names = Object.keys(value);
  if (names.length > MAX_MAPPED_NAMES) {
    fields.reject(
      `mapping.metadata has ${names.length} names, at most ${MAX_MAPPED_NAMES} are allowed`,
    );
    return {};
  }
  if (names.includes('path')) {
    fields.reject('mapping.metadata has "path"; the rule for it is mapping.path');
  }
  const rules: [string, string][] = [];
  for (const [name, rule] of Object.entries(value)) {
    if (typeof rule === 'string') rules.push([name, rule]);
    else {
      fields.reject(
        `mapping.metadata.${name} must be a JSON pointer such as "/action", a rule or a text, not ${kindOf(rule)}`,
      );
    }
  }
  return Object.fromEntries(rules);
}
