/** What a kind of source is: a row of the table in `kinds.ts`. */
import type { Handshake } from './handshake.ts';
import type { OptionName } from './options.ts';
import type { Scheme } from './scheme.ts';

/** As a source has it: rules for texts, JSON pointers or rules for metadata. */
export interface MappingSettings {
  /** The id of the event: of a delivery that is repeated the same. Without one, see `event-id.ts`. */
  readonly id?: string;
  /** Metadata `path`, by which policies decide. */
  readonly path?: string;
  /** When it happened: see `time.ts`. */
  readonly time?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a vendor wants to read in an answer. */
export interface Reply {
  readonly body: string;
  readonly type: 'text/plain' | 'text/xml' | 'application/json';
  /** 200 where it does not say. */
  readonly status?: 204;
  readonly headers?: Readonly<Record<string, string>>;
  /** An https address of the vendor that is called, by GET, before it is answered: that is how it learns of a yes. */
  readonly visit?: string;
}

export interface Kind {
  /** The schemes by any of which a delivery may be proven. `settings`: the source says how it is signed. */
  readonly proof: readonly Scheme[] | 'settings';
  /** `none`: the vendor signs with keys of its own, so a source has no secrets. */
  readonly secrets?: 'none';
  /** `audit`: entries of an audit device, one JSON object a line. */
  readonly body: 'document' | 'audit';
  /**
   * Whether the fields of a form are what is signed, and not its bytes. Then a form is read as its fields alone: who
   * has seen the signature may order and divide them in other ways, also such that the body reads as JSON.
   */
  readonly signsFields?: true;
  readonly eventType: string;
  readonly mapping: MappingSettings;
  /** Settings that only some kinds have, and whether a source needs them. */
  readonly options?: Readonly<Partial<Record<OptionName, 'optional' | 'required'>>>;
  /** The events in a body that may be a list of them; undefined where it is one event. */
  readonly eventsIn?: (document: unknown) => readonly unknown[] | undefined;
  /** How the vendor asks, before it sends, whether this is the right address. */
  readonly handshake?: {
    /**
     * Asked by whoever knows the address: a GET, or a POST that is not signed; a HEAD is answered for every kind.
     * The answer must not be made with a secret: it would sign what a stranger chooses.
     */
    readonly unsigned?: Handshake;
    /** Asked in a delivery that was verified. */
    readonly signed?: Handshake;
  };
  /**
   * What an accepted delivery is answered with. `report`: what became of its events, as publishing is. Otherwise
   * nothing, or what the vendor wants to read.
   */
  readonly answer?: 'report' | Reply;
  /** Headers that tell the vendor not to repeat what can never succeed. */
  readonly refusal?: Readonly<Record<string, string>>;
}
