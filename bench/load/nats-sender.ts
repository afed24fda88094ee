/** Publishes by the protocol of NATS, which has no requests of HTTP: one message at a time on each connection. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { NatsPublishing } from './protocol.ts';
import type { Sender } from './sender.ts';

/** `{"stream":"bench", "seq":1}`, or an object with `error`. */
const ACKNOWLEDGEMENT = /MSG [^\r]*\r\n([^\r]*)\r\n/;
const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"headers":false}\r\n';

export class NatsSender implements Sender {
  readonly #port: number;
  readonly #publishing: NatsPublishing;
  readonly #connections: NatsConnection[] = [];
  readonly #idle: NatsConnection[] = [];

  constructor(port: number, publishing: NatsPublishing) {
    this.#port = port;
    this.#publishing = publishing;
  }

  async send(body: string): Promise<string | undefined> {
    const connection = this.#idle.pop() ?? this.#connect();
    const failure = await connection.publish(body);
    this.#idle.push(connection);
    return failure;
  }

  end(): void {
    for (const connection of this.#connections) connection.end();
  }

  #connect(): NatsConnection {
    const connection = new NatsConnection(this.#port, this.#publishing);
    this.#connections.push(connection);
    return connection;
  }
}

class NatsConnection {
  readonly #socket: Socket;
  readonly #publishing: NatsPublishing;
  /** Where its acknowledgements go. */
  readonly #inbox = `_INBOX.${randomBytes(8).toString('hex')}`;
  /** What the server has said since the last message was published. */
  #answer = '';
  #answered: (failure: string | undefined) => void = () => {};

  constructor(port: number, publishing: NatsPublishing) {
    this.#publishing = publishing;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    this.#socket.once('error', (error) => this.#answered(String(error)));
    this.#socket.once('close', () => this.#answered('the connection was closed'));
    const subscribe = publishing.isAcknowledged ? `SUB ${this.#inbox} 1\r\n` : '';
    this.#socket.write(`${HELLO}${subscribe}`);
  }

  publish(body: string): Promise<string | undefined> {
    const { subject, isAcknowledged } = this.#publishing;
    const bytes = Buffer.byteLength(body);
    const message = isAcknowledged
      ? `PUB ${subject} ${this.#inbox} ${bytes}\r\n${body}\r\n`
      : `PUB ${subject} ${bytes}\r\n${body}\r\nPING\r\n`;
    this.#answer = '';
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(message);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#answer += text;
    if (this.#answer.includes('-ERR')) {
      this.#answered(this.#answer);
    } else if (this.#publishing.isAcknowledged) {
      const acknowledgement = ACKNOWLEDGEMENT.exec(this.#answer)?.[1];
      if (acknowledgement === undefined) return;
      this.#answered(acknowledgement.includes('"error"') ? acknowledgement : undefined);
    } else if (this.#answer.includes('PONG\r\n')) {
      this.#answered(undefined);
    }
  }
}
