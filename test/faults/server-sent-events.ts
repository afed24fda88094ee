/** Server-sent events as an EventSource reads them, as far as the server writes them: with fields and line feeds. */

export interface ServerSentEvent {
  /** The last `id:` of the stream, of this event or of one before. */
  readonly lastEventId: string | undefined;
  readonly hasOwnId: boolean;
  /** `message` unless the event has a name. */
  readonly type: string;
  readonly data: string;
}

export class ServerSentEvents {
  /** How long to wait before the next connection, as the server asked last. */
  retryMs: number | undefined;
  #lastEventId: string | undefined;
  #hasOwnId = false;
  #type = '';
  #data: string[] = [];

  /** The event that this line ends, if it ends one. What no empty line ends is no event. */
  take(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'retry') this.retryMs = Number(value);
    else if (field === 'id') {
      this.#lastEventId = value;
      this.#hasOwnId = true;
    }
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = {
      lastEventId: this.#lastEventId,
      hasOwnId: this.#hasOwnId,
      type: this.#type || 'message',
      data: this.#data.join('\n'),
    };
    const isEvent = this.#data.length > 0;
    this.#data = [];
    this.#type = '';
    this.#hasOwnId = false;
    return isEvent ? event : undefined;
  }
}
