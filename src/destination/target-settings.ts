/** Reads where a destination delivers to. */

import type { Fields } from '../lib/fields.ts';
import { checkPublicUrl } from '../lib/public-url.ts';
import { quote } from '../lib/quote.ts';
import type { TargetSettings, WebhookSettings } from './settings.ts';
import { checkWebhookHeaders } from './webhook-headers.ts';

const KEYS: Readonly<Record<TargetSettings['type'], readonly string[]>> = {
  worker: ['binding'],
  queue: ['binding'],
  webhook: ['url', 'secrets', 'headers', 'handshake'],
};

const TYPES = Object.keys(KEYS);

/** The keys that only destinations of a type have. */
export function keysOfTarget(type: TargetSettings['type']): readonly string[] {
  return KEYS[type];
}

export function readTarget(fields: Fields, allowLoopbackHttp: boolean): TargetSettings {
  const type = fields.raw('type');
  switch (type) {
    case 'worker':
    case 'queue':
      return { type, binding: readBinding(fields) };
    case 'webhook':
      return readWebhook(fields, allowLoopbackHttp);
    default:
      fields.reject(
        `${type === undefined ? 'missing type' : `type is ${quote(type)}`}; there are ${TYPES.map(quote).join(', ')}`,
      );
      return { type: 'worker', binding: '' };
  }
}

/** Which bindings there are is for the server to say: its variable DESTINATION_BINDINGS lists them. */
function readBinding(fields: Fields): string {
  const binding = fields.text('binding');
  if (binding === '') {
    fields.reject('missing binding: one of those that the variable DESTINATION_BINDINGS lists');
  } else if (!/^[A-Za-z_$][\w$]{0,127}$/.test(binding)) {
    fields.reject(`binding is ${quote(binding)}, which no binding can be called`);
  }
  return binding;
}

function readWebhook(fields: Fields, allowLoopbackHttp: boolean): WebhookSettings {
  const url = fields.string('url') ?? '';
  if (url === '') fields.reject('missing url: the https address that is called');
  const checked = checkPublicUrl(url, { allowLoopbackHttp });
  if (!checked.ok) fields.reject(`url ${checked.failure.message}`);
  return {
    type: 'webhook',
    url,
    headers: readHeaders(fields),
    handshake: handshakeOf(fields),
  };
}

function readHeaders(fields: Fields): Readonly<Record<string, string>> {
  return fields.take(checkWebhookHeaders(Object.fromEntries(fields.pairs('headers'))), {});
}

function handshakeOf(fields: Fields): WebhookSettings['handshake'] {
  const value = fields.text('handshake');
  switch (value) {
    case '':
    case 'off':
      return 'off';
    case 'required':
      return 'required';
    default:
      fields.reject(`handshake is ${quote(value)}; there are "required" and "off"`);
      return 'off';
  }
}
