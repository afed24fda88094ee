/** Requests that HTTP libraries do not send: what arrives of a client that broke, or was made to break us. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { target } from './support/target.ts';

/** Sends these bytes, closes the sending side, and returns the status of the answer; 0 is none. */
async function statusOf(request: string): Promise<number> {
  const { protocol, hostname, port } = new URL(target.address);
  const socket =
    protocol === 'https:'
      ? connectTls({ host: hostname, port: Number(port || 443), servername: hostname })
      : connectTcp({ host: hostname, port: Number(port || 80) });
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.end(request);
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

const PUBLISH = `POST /v1/sys/events/publish/abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Vault-Token: ${target.token}\r\n`;

it.each([
  ['a body that is shorter than it said', `${PUBLISH}Content-Length: 100\r\n\r\n{"metadata"`],
  ['a chunk without a size', `${PUBLISH}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
  ['a chunked body that breaks off', `${PUBLISH}Transfer-Encoding: chunked\r\n\r\n10\r\n{"meta`],
])('%s is answered with 400, if there is still somebody to answer', async (_what, request) => {
  expect([0, 400]).toContain(await statusOf(request));
});

it.each(['[', 'a b', 'a:99999999', '%00'])(
  'a Host header that is %j does no harm',
  async (host) => {
    const request = `GET /v1/sys/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect([200, 400]).toContain(await statusOf(request));
  },
);
