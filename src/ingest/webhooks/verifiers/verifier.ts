/**
 * Verifies that a delivery comes from the sender of a source. A kind has one or more verifiers. Each reads its own
 * headers, so parts of two signatures are never combined.
 */
import type { JWK } from 'jose';
import { ok, type Result } from '../../../lib/result.ts';
import type { SourceOptions } from '../option.ts';
import { parseTime } from '../parse-time.ts';
import type { WebhookRequest } from '../request.ts';

export interface Verifier {
  /** Whether the sender signs. Otherwise it sends the secret itself. */
  readonly isSigned: boolean;
  /** What such a delivery contains, for messages: `the header X-Signature with the signature`. */
  readonly evidence: string;
  /** Whether the request contains the evidence. */
  isUsedBy(request: WebhookRequest): boolean;
  /** What the request claims: the proof if it is genuine. Nothing is verified. */
  claim(request: WebhookRequest): Proof;
  /** @param secrets only those that `checkSecret` accepts */
  verify(
    request: WebhookRequest,
    secrets: readonly string[],
    context: VerificationContext,
  ): Promise<Verified<Proof>>;
  /** The message of a failure is to follow the name of the secret, and never contains the secret. */
  checkSecret(secret: string): Result<string>;
}

/** What a verified delivery proves. */
export interface Proof {
  /** The bytes that the sender has signed; undefined if it sent its secret instead. */
  readonly signed?: Uint8Array;
  /** The body without the secret, if the secret is part of the body. */
  readonly withoutSecret?: Uint8Array;
  /** The id and the time of the delivery, if the verifier reads them. */
  readonly id?: string | undefined;
  readonly timestamp?: string | undefined;
  /** The secret that verified it, if it is a shared one. */
  readonly secret?: string;
}

export interface VerificationContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** How far the time of a delivery may be from now. */
  readonly toleranceSeconds: number;
  readonly options: SourceOptions;
  readonly vendorKeys: VendorKeys;
}

/** The keys of vendors that sign with their own keys. The caller fetches them, because this folder is pure. */
export interface VendorKeys {
  /** The public key of the certificate at an https URL. */
  certificateKey(url: string): Promise<Result<JWK>>;
  /** The claims of a JWT that is valid now and that its issuer has signed for the audience. */
  claims(jwt: string, issuer: Issuer, now: number): Promise<Result<Record<string, unknown>>>;
}

export interface Issuer {
  readonly issuer: string;
  /** The URL of its JSON Web Key Set. */
  readonly keysUrl: string;
  readonly algorithms: readonly string[];
  readonly audience: string;
}

export interface VerificationFailure {
  /** `unavailable`: a key cannot be fetched now, so the vendor should retry. */
  readonly reason: 'unverified' | 'unavailable';
  readonly message: string;
}

export type Verified<T> = Result<T, VerificationFailure>;

export function unverified(message: string): Verified<never> {
  return { ok: false, failure: { reason: 'unverified', message } };
}

/** Tries each verifier whose evidence the request contains, until one of them succeeds. */
export async function prove(
  verifiers: readonly Verifier[],
  request: WebhookRequest,
  secrets: readonly string[],
  context: VerificationContext,
): Promise<Verified<Proof>> {
  let first: Verified<Proof> | undefined;
  for (const verifier of verifiers) {
    if (!verifier.isUsedBy(request)) continue;
    // A secret of another verifier is no key for this one: if it is not Base64, it would be an empty key.
    const usable = secrets.filter((secret) => verifier.checkSecret(secret).ok);
    const proof = await verifier.verify(request, usable, context);
    if (proof.ok) return proof;
    first ??= proof;
  }
  if (first !== undefined) return first;
  const evidence = new Set(verifiers.map((verifier) => verifier.evidence));
  return unverified(`${[...evidence].join(' or ')} is missing`);
}

/** Checks that at least one of the verifiers can use the secret. */
export function checkSecret(verifiers: readonly Verifier[], secret: string): Result<string> {
  const [first, ...others] = verifiers.map((verifier) => verifier.checkSecret(secret));
  if (first === undefined || first.ok) return ok(secret);
  return others.find((other) => other.ok) ?? first;
}

/** Rejects a delivery that is too old, or from the future. */
export function checkTime(
  timestamp: string,
  { now, toleranceSeconds }: VerificationContext,
): Verified<number> {
  const time = parseTime(timestamp);
  if (time === undefined) {
    return unverified('the delivery has no time: neither Unix time nor RFC 3339');
  }
  const seconds = Math.abs(Math.round((now - time) / 1000));
  return seconds > toleranceSeconds
    ? unverified(
        `the time of the delivery is ${seconds} seconds from now, at most ${toleranceSeconds} are allowed`,
      )
    : ok(time);
}
