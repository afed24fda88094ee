/**
 * A kind of source: how its vendor signs deliveries, and which events they become.
 *
 * To add a vendor:
 *
 * 1. Add it to the file of its field in this folder: `chat`, `cloud`, `code`, `commerce`, `mail` or `office`. Most
 *    vendors are only data. `hmacSignature` describes an HMAC signature, and `verifiers/` has all other ways to prove
 *    a sender. `challenges/challenge.ts` has the usual verification challenges. If data cannot describe what the vendor
 *    does, write a small function beside the entry.
 * 2. Add a delivery to `test/unit/webhook-vendors.test.ts`, recorded or from the vendor's documentation.
 * 3. Add a row to the table of kinds in `docs/sources.md`.
 */
import type { ListReader } from '../body/documents.ts';
import type { ChallengeResponder, VendorReply } from '../challenges/challenge.ts';
import type { MappingDefaults, MappingSettings } from '../mapping/mapping.ts';
import type { Option } from '../option.ts';
import type { Verifier } from '../verifiers/verifier.ts';

/** A form of documents with rules of its own, which the settings of a source replace as they replace those of the kind. */
export interface Shape extends MappingDefaults {
  matches(document: unknown): boolean;
}

export interface Kind {
  /** Its deliveries are messages of a queue. Nothing is received over HTTP. */
  readonly arrivesBy?: 'queue';
  /** Any one of these must verify a delivery. `settings`: the settings of the source describe the signature. */
  readonly verifiers: readonly Verifier[] | 'settings';
  /** `none`: the vendor signs with its own keys, or nothing is signed, so a source has no secrets. */
  readonly secrets?: 'none';
  /** `audit`: entries of an audit device, one JSON object a line. */
  readonly body: 'document' | 'audit';
  /**
   * Whether the fields of a form are signed, and not its bytes. Then a form is read only as its fields: anyone who saw
   * the signature can reorder and split the bytes, even so that they read as JSON.
   */
  readonly signsFields?: true;
  /** A rule for the event type. */
  readonly eventType: string;
  readonly mapping: MappingSettings;
  /** The first that matches a document has the rules for it. Otherwise the kind has. */
  readonly shapes?: readonly Shape[];
  readonly options?: Readonly<Record<string, Option>>;
  /** For bodies that may contain several events. */
  readonly eventsIn?: ListReader;
  readonly challenge?: {
    /**
     * Answers any client: a GET, or a POST that is not signed. Every kind answers HEAD. The response must not be made
     * with a secret, because it would sign what a stranger chooses.
     */
    readonly unverified?: ChallengeResponder;
    /** Answers a request that was verified. */
    readonly verified?: ChallengeResponder;
  };
  /** The response to an accepted delivery. `report`: the same as for publishing. Default: empty */
  readonly answer?: 'report' | VendorReply;
  /** Headers that tell the vendor not to retry what can never succeed. */
  readonly refusal?: Readonly<Record<string, string>>;
}
