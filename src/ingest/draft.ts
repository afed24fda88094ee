/** What a producer sent for one event, read from its format and not yet checked. */
export interface Draft {
  /** Where it stands in the request, for error messages: `event[3]`, `line 4`, or nothing. */
  readonly where: string;
  /** The members of a JSON event (`event/event.ts`), or the attributes of a CloudEvent. */
  readonly body: unknown;
  readonly isCloudEvent: boolean;
}
