/**
 * Signatures of webhooks. What differs between vendors is data: which header, what is signed, how it is
 * written. The bytes are verified as they came, before anything of them is read.
 */
import { Buffer } from 'node:buffer';
import { MAX_SIGNATURE_CHARACTERS, MAX_SIGNATURES } from '../../limits.ts';
import { isBase64 } from '../text.ts';

export interface SignatureScheme {
  /** The header with the signature, or with several of them. */
  readonly header: string;
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly encoding: 'hex' | 'base64';
  /**
   * How signatures stand in the header: `plain`, one after a prefix; `pairs`, `t=<time>,v1=<signature>` with
   * commas between them; `versions`, `v1,<signature>` with blanks between them.
   */
  readonly form: 'plain' | 'pairs' | 'versions';
  /** What stands before a signature; of pairs and versions the name. */
  readonly prefix: string;
  /** What is signed: `{timestamp}`, `{id}` and `{body}` are substituted. */
  readonly signed: string;
  /** The header with the time of the delivery, in Unix seconds; of pairs, `t` has it. */
  readonly timestamp?: string;
  /** The header with the id of the delivery. */
  readonly id?: string;
  /** Whether secrets are Base64 after `whsec_`, and public keys of ed25519 may stand among them. */
  readonly standard?: boolean;
}

/** Why a delivery is not believed; undefined where it is. */
export type Doubt = string | undefined;

export async function verify(
  scheme: SignatureScheme,
  secrets: readonly string[],
  headers: Headers,
  body: Uint8Array,
  now: number,
  toleranceSeconds: number,
): Promise<Doubt> {
  const header = headers.get(scheme.header);
  if (header === null) return `the header ${scheme.header} with the signature is missing`;
  if (header.length > MAX_SIGNATURE_CHARACTERS) {
    return `the header ${scheme.header} has ${header.length} characters, at most ${MAX_SIGNATURE_CHARACTERS} are allowed`;
  }
  const pairs = header.split(',').map((pair) => pair.trim().split('=', 2));
  const timestamp =
    scheme.form === 'pairs'
      ? pairs.find(([name]) => name === 't')?.[1]
      : scheme.timestamp && headers.get(scheme.timestamp);
  if (scheme.form === 'pairs' || scheme.timestamp !== undefined) {
    const doubt = doubtOfTime(timestamp ?? '', now, toleranceSeconds);
    if (doubt !== undefined) return doubt;
  }
  const id = scheme.id === undefined ? '' : headers.get(scheme.id);
  if (id === null) return `the header ${scheme.id} is missing`;

  const signatures = signaturesIn(header, scheme);
  if (signatures.length === 0) {
    return `the header ${scheme.header} has no signature of the form ${exampleOf(scheme)}`;
  }
  const signed = signedBytes(scheme.signed, { timestamp: timestamp ?? '', id, body });
  let isGenuine = false;
  for (const secret of secrets) {
    for (const signature of signatures) {
      // No early end: the time says nothing of which secret it was.
      if (await matches(signature, secret, signed, scheme)) isGenuine = true;
    }
  }
  return isGenuine ? undefined : 'the signature is wrong';
}

function doubtOfTime(timestamp: string, now: number, toleranceSeconds: number): Doubt {
  if (!/^\d{1,12}$/.test(timestamp)) return 'the delivery has no time in Unix seconds';
  const seconds = Math.abs(Math.round(now / 1000 - Number(timestamp)));
  return seconds > toleranceSeconds
    ? `the time of the delivery is ${seconds} seconds from now, at most ${toleranceSeconds} are allowed`
    : undefined;
}

interface Signature {
  readonly kind: 'hmac' | 'ed25519';
  readonly bytes: Uint8Array;
}

function signaturesIn(header: string, scheme: SignatureScheme): Signature[] {
  const { form, prefix } = scheme;
  const texts: [kind: Signature['kind'], text: string][] = [];
  if (form === 'versions') {
    for (const each of header.split(' ')) {
      const [version, text = ''] = each.split(',', 2);
      if (version === prefix) texts.push(['hmac', text]);
      if (version === `${prefix}a`) texts.push(['ed25519', text]);
    }
  } else if (form === 'pairs') {
    for (const pair of header.split(',')) {
      const text = pair.trim();
      if (text.startsWith(`${prefix}=`)) texts.push(['hmac', text.slice(prefix.length + 1)]);
    }
  } else if (header.startsWith(prefix)) {
    texts.push(['hmac', header.slice(prefix.length)]);
  }
  return texts.slice(0, MAX_SIGNATURES).flatMap(([kind, text]) => {
    const bytes = decode(text, scheme.encoding);
    return bytes === undefined ? [] : [{ kind, bytes }];
  });
}

/** Strictly: two texts that differ are never one signature. */
function decode(text: string, encoding: 'hex' | 'base64'): Uint8Array | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  return text !== '' && again === (encoding === 'hex' ? text.toLowerCase() : text)
    ? bytes
    : undefined;
}

function signedBytes(
  template: string,
  { timestamp, id, body }: { timestamp: string; id: string; body: Uint8Array },
): Uint8Array {
  const parts = template.split(/(\{timestamp\}|\{id\}|\{body\})/).map((part) => {
    if (part === '{body}') return body;
    if (part === '{timestamp}') return Buffer.from(timestamp);
    return Buffer.from(part === '{id}' ? id : part);
  });
  return Buffer.concat(parts);
}

async function matches(
  { kind, bytes }: Signature,
  secret: string,
  signed: Uint8Array,
  { algorithm, standard = false }: SignatureScheme,
): Promise<boolean> {
  const isPublicKey = standard && secret.startsWith(PUBLIC_KEY_PREFIX);
  if (isPublicKey !== (kind === 'ed25519')) return false;
  if (isPublicKey) {
    // The platform throws at one of another length.
    if (bytes.length !== ED25519_SIGNATURE_BYTES) return false;
    const raw = Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64');
    const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
    return crypto.subtle.verify({ name: 'Ed25519' }, key, bytes, signed);
  }
  const raw = standard
    ? Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64')
    : Buffer.from(secret);
  const hmac = { name: 'HMAC', hash: algorithm };
  const key = await crypto.subtle.importKey('raw', raw, hmac, false, ['verify']);
  // In constant time.
  return crypto.subtle.verify('HMAC', key, bytes, signed);
}

const SECRET_PREFIX = 'whsec_';
const PUBLIC_KEY_PREFIX = 'whpk_';
const PUBLIC_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** Why a text cannot be a secret of the scheme; undefined where it can. It never shows the secret. */
export function problemOfSecret(secret: string, { standard = false }: SignatureScheme): Doubt {
  if (!standard) return undefined;
  const isPublicKey = secret.startsWith(PUBLIC_KEY_PREFIX);
  const base64 = isPublicKey
    ? secret.slice(PUBLIC_KEY_PREFIX.length)
    : secret.replace(SECRET_PREFIX, '');
  if (!isBase64(base64)) {
    return `is not Base64 after "${isPublicKey ? PUBLIC_KEY_PREFIX : SECRET_PREFIX}"`;
  }
  return isPublicKey && Buffer.from(base64, 'base64').length !== PUBLIC_KEY_BYTES
    ? `is no ed25519 public key of ${PUBLIC_KEY_BYTES} bytes`
    : undefined;
}

function exampleOf({ form, prefix, encoding }: SignatureScheme): string {
  if (form === 'pairs') return `t=<time>,${prefix}=<${encoding}>`;
  return form === 'versions' ? `${prefix},<${encoding}>` : `${prefix}<${encoding}>`;
}
