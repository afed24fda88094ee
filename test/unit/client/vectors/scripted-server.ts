/** The server of a vector: it does what the steps say, and records what the client does. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { HEARTBEAT } from '../../../../src/wire/carillon-v1/heartbeat.ts';

/** What the client did on a connection. */
export type Act =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'ping' | 'heartbeat' }
  | { readonly kind: 'gone'; readonly code: number };

/** Things in their order, of which the next one can be awaited. */
class Queue<T> {
  readonly #things: T[] = [];
  #arrived: () => void = () => undefined;

  put(thing: T): void {
    this.#things.push(thing);
    this.#arrived();
  }

  async next(): Promise<T> {
    while (this.#things.length === 0) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#things.shift() as T;
  }

  get rest(): readonly T[] {
    return this.#things;
  }
}

/** An accepted connection. */
export class Session {
  readonly acts = new Queue<Act>();
  /** Resolves once the connection has ended, after the last act. */
  readonly ended: Promise<void>;
  readonly #socket: WebSocket;
  #isSilent = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      const text = String(data);
      if (text === HEARTBEAT) this.#signOfLife('heartbeat', () => socket.send(HEARTBEAT));
      else this.acts.put({ kind: 'message', message: isBinary ? data : JSON.parse(text) });
    });
    socket.on('ping', () => this.#signOfLife('ping', () => socket.pong()));
    this.ended = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.acts.put({ kind: 'gone', code });
        resolve();
      });
    });
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Ends the TCP connection without a Close frame. */
  break(): void {
    this.#socket.terminate();
  }

  /** From now on nothing is answered. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  #signOfLife(kind: 'ping' | 'heartbeat', answer: () => void): void {
    this.acts.put({ kind });
    if (!this.#isSilent) answer();
  }
}

/** A handshake that is not answered yet. */
export class Handshake {
  readonly request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #upgrade: () => Promise<WebSocket>;

  constructor(request: IncomingMessage, socket: Duplex, upgrade: () => Promise<WebSocket>) {
    this.request = request;
    this.#socket = socket;
    this.#upgrade = upgrade;
  }

  async accept(): Promise<Session> {
    return new Session(await this.#upgrade());
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, errors: readonly string[]) {
    const body = JSON.stringify({ errors });
    const lines = Object.entries({
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Connection: 'close',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${body}`);
  }

  break(): void {
    this.#socket.destroy();
  }
}

export class ScriptedServer implements AsyncDisposable {
  readonly handshakes = new Queue<Handshake>();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    // The lease is offered as a subprotocol, too, and never named.
    handleProtocols: (offered) => (offered.has('carillon.v1.json') ? 'carillon.v1.json' : false),
  });
  #tickets = 0;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      const upgrade = () =>
        new Promise<WebSocket>((resolve) =>
          this.#sockets.handleUpgrade(request, socket, head, resolve),
        );
      this.handshakes.put(new Handshake(request, socket, upgrade));
    });
  }

  static async start(): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const handshake of this.handshakes.rest) handshake.break();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A client may exchange its token for a ticket. A question why a handshake failed has no answer here. */
  #answer(request: IncomingMessage, response: ServerResponse): void {
    const isTicket =
      request.url?.endsWith('/sys/events/ticket') && request.headers['x-vault-token'] === 'token';
    const ticket = `ctt.${++this.#tickets}`;
    response
      .writeHead(isTicket ? 200 : 426, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ data: { ticket, ttl: 60 } }));
  }
}
