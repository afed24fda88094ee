/** The WebSocket that the tests of the client in workerd give it. */
import { exports } from 'cloudflare:workers';

type Listener = (event: object) => void;

/** A WebSocket as `new WebSocket` makes it, to the Worker under test and not to the network. */
export class SocketToWorker {
  binaryType = 'blob';
  readonly #listeners: [type: string, listener: Listener][] = [];
  #socket: WebSocket | undefined;

  constructor(url: string, protocols: string[]) {
    void this.#open(url.replace(/^ws/, 'http'), protocols);
  }

  addEventListener(type: string, listener: object): void {
    this.#listeners.push([type, listener as Listener]);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data);
  }

  close(code?: number): void {
    this.#socket?.close(code);
  }

  async #open(url: string, protocols: string[]): Promise<void> {
    const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': protocols.join() };
    const { webSocket } = await exports.default.fetch(new Request(url, { headers }));
    if (webSocket === null) return this.#tell('close', { code: 1006, reason: '' });
    this.#socket = webSocket;
    webSocket.binaryType = 'arraybuffer';
    for (const type of ['message', 'close'] as const) {
      webSocket.addEventListener(type, (event) => this.#tell(type, event));
    }
    this.#tell('open', {});
    webSocket.accept();
  }

  #tell(type: string, event: object): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === type) listener(event);
  }
}
