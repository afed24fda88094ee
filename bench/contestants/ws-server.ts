/** A broadcast server with the `ws` package in Node, as its documentation has it. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const frame = Buffer.concat(chunks);
    for (const client of sockets.clients) client.send(frame, { binary: false });
    response.setHeader('Content-Type', 'application/json');
    response.end('{"data":{"accepted":1}}');
  });
});
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, () => {});
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().once('end', () => process.exit());
