/**
 * Signatures by a shared secret. What differs between vendors is data: which header, what is signed, how it is
 * written. The bytes are verified as they came.
 */
import { Buffer } from 'node:buffer';
import { ok, type Result } from '../../lib/result.ts';
import { MAX_SIGNATURE_CHARACTERS, MAX_SIGNATURES } from '../limits.ts';
import { headerValue } from './header-value.ts';
import {
  type Conditions,
  doubt,
  doubtOfTime,
  type Proof,
  type Scheme,
  type Sent,
} from './scheme.ts';
import { decode, type Signature, signingSecret } from './signing-secret.ts';
import { problemOfStandardSecret } from './standard-keys.ts';

/** Data alone: what a source of kind `hmac` stores. */
export interface SignatureSettings {
  /** The header with the signature, or with several of them. */
  readonly header: string;
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly encoding: 'hex' | 'base64';
  /**
   * How signatures stand in the header: `plain`, each after a prefix; `pairs`, `t=<time>,v1=<signature>`;
   * `versions`, `v1,<signature>`. Each may be a list: vendors sign with the old and the new secret for a while,
   * and HTTP joins repeated headers with commas.
   */
  readonly form: 'plain' | 'pairs' | 'versions';
  /** What stands before a signature; of pairs and versions the name. */
  readonly prefix: string;
  /** What is signed, as a template: see `PLACEHOLDER`. */
  readonly signed: string;
  /** The header with the time of the delivery. */
  readonly timestamp?: string;
  /** Of pairs: the one with the time of the delivery. */
  readonly timestampPair?: string;
  /** The header with the id of the delivery. */
  readonly id?: string;
  /** Whether secrets are Base64 after `whsec_`, and public keys of ed25519 may stand among them. */
  readonly standard?: boolean;
}

export interface SignatureScheme extends Omit<SignatureSettings, 'signed'> {
  /** A template, or what makes the signed bytes where no template can say it. */
  readonly signed: string | ((sent: Sent) => Result<Uint8Array, string>);
}

/** What is substituted in a template. */
export const PLACEHOLDER = /(\{(?:timestamp|id|body|method|url|header:[^{}]+)\})/;

/** The scheme that the data describes. */
export function signature(data: SignatureScheme): Scheme {
  return {
    isSigned: true,
    evidence: `the header ${data.header} with the signature`,
    isUsedBy: ({ headers }) => headers.has(data.header),
    claim(sent) {
      const { id, timestamp } = valuesOf(data, sent);
      const signed = signedBytes(data, sent, { id, timestamp });
      return { id, timestamp, ...(signed.ok && { signed: signed.value }) };
    },
    verify: (sent, secrets, conditions) => verify(data, sent, secrets, conditions),
    problemOfSecret: (secret) => (data.standard ? problemOfStandardSecret(secret) : undefined),
  };
}

async function verify(
  data: SignatureScheme,
  sent: Sent,
  secrets: readonly string[],
  conditions: Conditions,
): Promise<Result<Proof, string>> {
  const header = sent.headers.get(data.header) ?? '';
  if (header.length > MAX_SIGNATURE_CHARACTERS) {
    return doubt(
      `the header ${data.header} has ${header.length} characters, at most ${MAX_SIGNATURE_CHARACTERS} are allowed`,
    );
  }
  const { id, timestamp } = valuesOf(data, sent);
  if (data.timestamp !== undefined || data.timestampPair !== undefined) {
    const late = doubtOfTime(timestamp ?? '', conditions);
    if (late !== undefined) return doubt(late);
  }
  if (data.id !== undefined && id === undefined) return doubt(`the header ${data.id} is missing`);
  const signatures = signaturesIn(header, data);
  if (signatures.length === 0) {
    return doubt(`the header ${data.header} has no signature of the form ${exampleOf(data)}`);
  }
  if (signatures.length > MAX_SIGNATURES) {
    return doubt(
      `the header ${data.header} has ${signatures.length} signatures, at most ${MAX_SIGNATURES} (MAX_SIGNATURES) are allowed`,
    );
  }
  const signed = signedBytes(data, sent, { id, timestamp });
  if (!signed.ok) return signed;
  const secret = await signingSecret(signed.value, signatures, secrets, data);
  if (secret === undefined) return doubt('the signature is wrong');
  return ok({ signed: signed.value, id, timestamp, secret });
}

interface Values {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
}

function valuesOf(data: SignatureScheme, { headers }: Sent): Values {
  const pair = pairsIn(headers.get(data.header) ?? '').find(
    ([name]) => data.timestampPair !== undefined && name === data.timestampPair,
  );
  const get = (name: string | undefined) => (name && headerValue(headers, name)) || undefined;
  return { id: get(data.id), timestamp: pair?.[1] ?? get(data.timestamp) };
}

/** Stripe divides pairs with commas, Paddle with semicolons. */
function pairsIn(header: string): [name: string, value: string][] {
  return header.split(/[,;]/).map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name.trim(), value.join('=').trim()];
  });
}

/** Signatures that are none of the encoding are left out. */
function signaturesIn(header: string, { form, prefix, encoding }: SignatureScheme): Signature[] {
  const texts: [kind: Signature['kind'], text: string][] = [];
  if (form === 'versions') {
    const words = header.split(/[\s,]+/);
    for (const [index, word] of words.entries()) {
      const text = words[index + 1] ?? '';
      if (word === prefix) texts.push(['hmac', text]);
      if (word === `${prefix}a`) texts.push(['ed25519', text]);
    }
  } else if (form === 'pairs') {
    for (const [name, text] of pairsIn(header)) if (name === prefix) texts.push(['hmac', text]);
  } else {
    const parts = header.split(',');
    // A prefix may itself have a comma in it.
    const candidates = parts.length > 1 ? [header, ...parts] : parts;
    for (const part of candidates) {
      const text = part.trim();
      if (text.startsWith(prefix)) texts.push(['hmac', text.slice(prefix.length).trim()]);
    }
  }
  return texts.flatMap(([kind, text]) => {
    const bytes = decode(text, encoding);
    return bytes === undefined ? [] : [{ kind, bytes }];
  });
}

function signedBytes(
  { signed }: SignatureScheme,
  sent: Sent,
  { id = '', timestamp = '' }: Values,
): Result<Uint8Array, string> {
  if (typeof signed === 'function') return signed(sent);
  const substituted = (part: string): Uint8Array => {
    if (part === '{body}') return sent.body;
    if (part === '{timestamp}') return Buffer.from(timestamp);
    if (part === '{id}') return Buffer.from(id);
    if (part === '{method}') return Buffer.from(sent.method);
    if (part === '{url}') return Buffer.from(sent.url);
    const header = /^\{header:(.+)\}$/.exec(part)?.[1];
    return Buffer.from(header === undefined ? part : (headerValue(sent.headers, header) ?? ''));
  };
  return ok(Buffer.concat(signed.split(PLACEHOLDER).map(substituted)));
}

function exampleOf({ form, prefix, encoding, timestampPair }: SignatureScheme): string {
  if (form === 'plain') return `${prefix}<${encoding}>`;
  if (form === 'versions') return `${prefix},<${encoding}>`;
  return `${timestampPair === undefined ? '' : `${timestampPair}=<time>,`}${prefix}=<${encoding}>`;
}
