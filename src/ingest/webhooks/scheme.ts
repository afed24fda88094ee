/**
 * How a delivery proves where it comes from. A kind of source has one scheme or several: each finds its own headers,
 * so that those of two schemes are never mixed. `signature.ts` makes a scheme of data; any other is one small object in
 * `schemes`.
 */
import type { JWK } from 'jose';
import type { Result } from '../../lib/result.ts';
import type { Options } from './options.ts';
import { timeOf } from './time.ts';

/** A request to the address of a source. */
export interface Sent {
  readonly method: string;
  /** As the sender called it: with the address of the source's setting `url`, where it has one. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The token that the request was sent with. */
  readonly token: string | undefined;
}

/** What a scheme needs beside the request. */
export interface Conditions {
  /** Unix milliseconds. */
  readonly now: number;
  /** How far the time of a delivery may be from now. */
  readonly toleranceSeconds: number;
  /** The settings that only the kind of the source has. */
  readonly options: Options;
  readonly vendorKeys: VendorKeys;
}

/** Keys of vendors that sign with keys of their own. They are fetched outside of this folder, which is pure. */
export interface VendorKeys {
  /** The public key in the certificate at an https address, or why there is none at present. */
  certificateKey(url: string): Promise<Result<JWK, string>>;
  /** The claims of a JWT that its issuer has signed for this audience and that is valid now, or what is wrong. */
  claims(
    jwt: string,
    issuer: Issuer,
    now: number,
  ): Promise<Result<Record<string, unknown>, string>>;
}

export interface Issuer {
  readonly issuer: string;
  /** Where its JSON Web Key Set is. */
  readonly keysUrl: string;
  readonly algorithms: readonly string[];
  readonly audience: string;
}

/** What was proven of a delivery. */
export interface Proof {
  /** The bytes that the sender has signed; undefined where it sent its secret instead. */
  readonly signed?: Uint8Array;
  /** What ids are made of where nothing is signed, and the body will not do: it has the secret in it. */
  readonly said?: Uint8Array;
  /** The id and the time that the scheme reads from the request. */
  readonly id?: string | undefined;
  readonly timestamp?: string | undefined;
  /** The secret by which it was proven, where it is one that both sides have. */
  readonly secret?: string;
}

/** Why a delivery is not believed, or a secret is none; undefined where it is. */
export type Doubt = string | undefined;

/** Why a delivery is not believed; or why nobody can tell at present, so that the vendor repeats it. */
export type Unproven = string | { readonly unavailable: string };

export interface Scheme {
  /** Whether the sender signs, and not sends its secret. */
  readonly isSigned: boolean;
  /** What a delivery of this scheme has: `the header X-Signature with the signature`. */
  readonly evidence: string;
  /** Whether the delivery has that. */
  isUsedBy(sent: Sent): boolean;
  /** What the delivery says of itself: the proof, if it is genuine. Nothing is verified. */
  claim(sent: Sent): Proof;
  /** @param secrets those that can be secrets of this scheme */
  verify(
    sent: Sent,
    secrets: readonly string[],
    conditions: Conditions,
  ): Promise<Result<Proof, Unproven>>;
  /** Why a text cannot be a secret of the scheme. It never shows the text. */
  problemOfSecret(secret: string): Doubt;
}

export function doubt(text: string): { readonly ok: false; readonly failure: string } {
  return { ok: false, failure: text };
}

/** Verifies a delivery by each scheme whose evidence it has, until one believes it. */
export async function prove(
  schemes: readonly Scheme[],
  sent: Sent,
  secrets: readonly string[],
  conditions: Conditions,
): Promise<Result<Proof, Unproven>> {
  let first: Unproven | undefined;
  for (const scheme of schemes) {
    if (!scheme.isUsedBy(sent)) continue;
    // A secret of another scheme is no key of this one: what is no Base64 would be an empty key.
    const own = secrets.filter((secret) => scheme.problemOfSecret(secret) === undefined);
    const proof = await scheme.verify(sent, own, conditions);
    if (proof.ok) return proof;
    first ??= proof.failure;
  }
  if (first !== undefined) return { ok: false, failure: first };
  const evidence = new Set(schemes.map((scheme) => scheme.evidence));
  return doubt(`${[...evidence].join(' or ')} is missing`);
}

/** Why a text cannot be a secret of any of the schemes. */
export function problemOfSecret(schemes: readonly Scheme[], secret: string): Doubt {
  const problems = schemes.map((scheme) => scheme.problemOfSecret(secret));
  return problems.includes(undefined) ? undefined : problems[0];
}

/** Why a delivery of this time is not believed. */
export function doubtOfTime(timestamp: string, { now, toleranceSeconds }: Conditions): Doubt {
  const time = timeOf(timestamp);
  if (time === undefined) return 'the delivery has no time: neither Unix time nor RFC 3339';
  const seconds = Math.abs(Math.round((now - time) / 1000));
  return seconds > toleranceSeconds
    ? `the time of the delivery is ${seconds} seconds from now, at most ${toleranceSeconds} are allowed`
    : undefined;
}
