/** Verifies a delivery to a source, and answers challenges that need no verification. */
import { documentOf } from './body/documents.ts';
import type { ChallengeRequest, VendorReply } from './challenges/challenge.ts';
import type { WebhookRequest } from './request.ts';
import type { SourceSettings } from './settings/settings.ts';
import type { Source } from './source.ts';
import { type Proof, prove, type VendorKeys, type Verified } from './verifiers/verifier.ts';

/** @param now Unix milliseconds */
export function verifyDelivery(
  { verifiers, secrets, settings }: Source,
  request: WebhookRequest,
  now: number,
  vendorKeys: VendorKeys,
): Promise<Verified<Proof>> {
  const { tolerance: toleranceSeconds, options = {} } = settings;
  return prove(verifiers, request, secrets, { now, toleranceSeconds, options, vendorKeys });
}

/** What the delivery would prove if it were genuine: for samples, which are not verified. */
export function claimedProof({ verifiers }: Source, request: WebhookRequest): Proof {
  const verifier = verifiers.find((each) => each.isUsedBy(request)) ?? verifiers[0];
  const claim = verifier?.claim(request) ?? {};
  const isSigned = verifiers.some((each) => each.isSigned);
  return isSigned ? { signed: request.body, ...claim } : claim;
}

/** @returns undefined if the request is no challenge that any client may send */
export async function answerUnverifiedChallenge(
  { kind, settings }: Source,
  request: WebhookRequest,
): Promise<VendorReply | undefined> {
  if (kind.challenge?.unverified === undefined) return undefined;
  const document = documentOf(request.headers, request.body);
  return kind.challenge.unverified(challengeRequest(settings, request, document));
}

/** @param secret the one that verified the request; undefined if it is not verified */
export function challengeRequest(
  { options = {}, signature }: SourceSettings,
  { method, headers, query }: WebhookRequest,
  document: unknown,
  secret?: string,
): ChallengeRequest {
  const signatureHeader = signature?.header.toLowerCase();
  return { method, headers, query, document, options, signatureHeader, secret };
}
