/**
 * HMAC signatures with a shared secret. The differences between vendors are data: the header, what is signed, and how
 * the signature is written.
 */
import { Buffer } from 'node:buffer';
import { ok } from '../../../lib/result.ts';
import { MAX_SIGNATURE_CHARACTERS, MAX_SIGNATURES } from '../../limits.ts';
import { headerValue } from '../headers.ts';
import type { WebhookRequest } from '../request.ts';
import { decodeSignature, findSigningSecret, type Signature } from './signing-secret.ts';
import { checkStandardSecret } from './standard-keys.ts';
import {
  checkTime,
  type Proof,
  unverified,
  type VerificationContext,
  type Verified,
  type Verifier,
} from './verifier.ts';

/** Plain data: a source of kind `hmac` stores it. */
export interface SignatureSettings {
  /** The header with one or more signatures. */
  readonly header: string;
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly encoding: 'hex' | 'base64';
  /**
   * The form of the header: `plain`, a signature after a prefix; `pairs`, `t=<time>,v1=<signature>`; `versions`,
   * `v1,<signature>`. All may be lists, because a vendor may sign with its old and its new secret, and HTTP joins
   * repeated headers with commas.
   */
  readonly form: 'plain' | 'pairs' | 'versions';
  /** The prefix of a signature; for pairs and versions, the name. */
  readonly prefix: string;
  /** A template of what is signed: see `PLACEHOLDER`. */
  readonly signed: string;
  /** The header with the time of the delivery. */
  readonly timestamp?: string;
  /** The name of the pair with the time of the delivery. */
  readonly timestampPair?: string;
  /** The header with the id of the delivery. */
  readonly id?: string;
  /** Whether the secrets have the form of Standard Webhooks: see `standard-keys.ts`. */
  readonly standard?: boolean;
}

interface SignatureFormat extends Omit<SignatureSettings, 'signed'> {
  /** A template, or a function if no template can describe the signed bytes. */
  readonly signed: string | ((request: WebhookRequest) => Verified<Uint8Array>);
}

/** The parts of a template that are substituted. */
export const PLACEHOLDER = /(\{(?:timestamp|id|body|method|url|header:[^{}]+)\})/;

export function hmacSignature(format: SignatureFormat): Verifier {
  return {
    isSigned: true,
    evidence: `the header ${format.header} with the signature`,
    isUsedBy: ({ headers }) => headers.has(format.header),
    claim(request) {
      const { id, timestamp } = valuesOf(format, request);
      const signed = signedBytes(format, request, { id, timestamp });
      return { id, timestamp, ...(signed.ok && { signed: signed.value }) };
    },
    verify: (request, secrets, context) => verify(format, request, secrets, context),
    checkSecret: (secret) => (format.standard ? checkStandardSecret(secret) : ok(secret)),
  };
}

async function verify(
  format: SignatureFormat,
  request: WebhookRequest,
  secrets: readonly string[],
  context: VerificationContext,
): Promise<Verified<Proof>> {
  const header = request.headers.get(format.header) ?? '';
  if (header.length > MAX_SIGNATURE_CHARACTERS) {
    return unverified(
      `the header ${format.header} has ${header.length} characters, at most ${MAX_SIGNATURE_CHARACTERS} are allowed`,
    );
  }
  const { id, timestamp } = valuesOf(format, request);
  if (format.timestamp !== undefined || format.timestampPair !== undefined) {
    const time = checkTime(timestamp ?? '', context);
    if (!time.ok) return time;
  }
  if (format.id !== undefined && id === undefined) {
    return unverified(`the header ${format.id} is missing`);
  }
  const signatures = signaturesIn(header, format);
  if (signatures.length === 0) {
    return unverified(
      `the header ${format.header} has no signature of the form ${exampleOf(format)}`,
    );
  }
  if (signatures.length > MAX_SIGNATURES) {
    return unverified(
      `the header ${format.header} has ${signatures.length} signatures, at most ${MAX_SIGNATURES} (MAX_SIGNATURES) are allowed`,
    );
  }
  const signed = signedBytes(format, request, { id, timestamp });
  if (!signed.ok) return signed;
  const secret = await findSigningSecret(signed.value, signatures, secrets, format);
  if (secret === undefined) return unverified('the signature is wrong');
  return ok({ signed: signed.value, id, timestamp, secret });
}

interface SignedValues {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
}

function valuesOf(format: SignatureFormat, { headers }: WebhookRequest): SignedValues {
  const pair = pairsIn(headers.get(format.header) ?? '').find(
    ([name]) => format.timestampPair !== undefined && name === format.timestampPair,
  );
  const get = (name: string | undefined) => (name && headerValue(headers, name)) || undefined;
  return { id: get(format.id), timestamp: pair?.[1] ?? get(format.timestamp) };
}

/** Stripe separates pairs with commas, Paddle with semicolons. */
function pairsIn(header: string): [name: string, value: string][] {
  return header.split(/[,;]/).map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name.trim(), value.join('=').trim()];
  });
}

/** Signatures with another encoding are left out. */
function signaturesIn(header: string, { form, prefix, encoding }: SignatureFormat): Signature[] {
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
    // A prefix may contain a comma.
    const candidates = parts.length > 1 ? [header, ...parts] : parts;
    for (const part of candidates) {
      const text = part.trim();
      if (text.startsWith(prefix)) texts.push(['hmac', text.slice(prefix.length).trim()]);
    }
  }
  return texts.flatMap(([kind, text]) => {
    const bytes = decodeSignature(text, encoding);
    return bytes === undefined ? [] : [{ kind, bytes }];
  });
}

function signedBytes(
  { signed }: SignatureFormat,
  request: WebhookRequest,
  { id = '', timestamp = '' }: SignedValues,
): Verified<Uint8Array> {
  if (typeof signed === 'function') return signed(request);
  const substituted = (part: string): Uint8Array => {
    if (part === '{body}') return request.body;
    if (part === '{timestamp}') return Buffer.from(timestamp);
    if (part === '{id}') return Buffer.from(id);
    if (part === '{method}') return Buffer.from(request.method);
    if (part === '{url}') return Buffer.from(request.url);
    const header = /^\{header:(.+)\}$/.exec(part)?.[1];
    return Buffer.from(header === undefined ? part : (headerValue(request.headers, header) ?? ''));
  };
  return ok(Buffer.concat(signed.split(PLACEHOLDER).map(substituted)));
}

function exampleOf({ form, prefix, encoding, timestampPair }: SignatureFormat): string {
  if (form === 'plain') return `${prefix}<${encoding}>`;
  if (form === 'versions') return `${prefix},<${encoding}>`;
  return `${timestampPair === undefined ? '' : `${timestampPair}=<time>,`}${prefix}=<${encoding}>`;
}

/** `X-Hub-Signature-256`, as GitHub and Meta sign the body. */
export const HUB_SIGNATURE_256 = hmacSignature({
  header: 'X-Hub-Signature-256',
  algorithm: 'SHA-256',
  encoding: 'hex',
  form: 'plain',
  prefix: 'sha256=',
  signed: '{body}',
});
