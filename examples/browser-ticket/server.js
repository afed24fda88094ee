// The backend of a page: it keeps the token, and gives tickets to the users who are logged in.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { sendFile } from './files.js';

const { VAULT_ADDR = 'http://127.0.0.1:8200', VAULT_TOKEN = '', PORT = '3000' } = process.env;
if (!VAULT_TOKEN) throw new Error('set VAULT_TOKEN to a token that may subscribe');
const sessions = new Set();

const server = createServer(async ({ method, url, headers }, response) => {
  const route = `${method} ${url}`;
  if (route === 'POST /login') {
    // Stands for the login of your application.
    const session = randomUUID();
    sessions.add(session);
    const cookie = `session=${session}; HttpOnly; SameSite=Strict`;
    response.writeHead(303, { Location: '/', 'Set-Cookie': cookie }).end();
  } else if (route === 'POST /ticket') {
    const [, session] = /session=([\w-]+)/.exec(headers.cookie ?? '') ?? [];
    if (!sessions.has(session)) return response.writeHead(401).end();
    const ticket = await requestTicket().catch(console.error);
    response.writeHead(ticket ? 200 : 502, { 'Cache-Control': 'no-store' }).end(ticket);
  } else sendFile(route, response, VAULT_ADDR);
});

async function requestTicket() {
  const request = { method: 'POST', headers: { 'X-Vault-Token': VAULT_TOKEN } };
  const answer = await fetch(`${VAULT_ADDR}/v1/sys/events/ticket`, request);
  if (!answer.ok) throw new Error(`Carillon answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()).data.ticket;
}

server.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`The page is at http://127.0.0.1:${port}`);
});
