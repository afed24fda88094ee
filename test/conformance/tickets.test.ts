/** Pages: a WebSocket that has no headers but those of the browser, here that of Node. */
import { expect, it } from 'vitest';
import { publish } from './support/publish.ts';
import { api, call, expectErrors, freshName, target } from './support/target.ts';

async function aTicket(): Promise<string> {
  const { status, body } = await api('sys/events/ticket', { method: 'POST' });
  expect(status).toBe(200);
  return (JSON.parse(body) as { data: { ticket: string } }).data.ticket;
}

function open(type: string, ticket: string): WebSocket {
  const address = target.address.replace(/^http/, 'ws');
  return new WebSocket(`${address}/v1/sys/events/subscribe/${type}?json=true&ticket=${ticket}`);
}

/** Whether a socket opens. */
function opens(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
}

it('a page subscribes with a ticket, which is of use once', async () => {
  const type = freshName();
  const ticket = await aTicket();
  const socket = open(type, ticket);
  const message = new Promise<string>((resolve) => {
    socket.onmessage = ({ data }) => resolve(data as string);
  });
  expect(await opens(socket)).toBe(true);
  const id = await publish(type);
  expect(JSON.parse(await message)).toMatchObject({ id });
  expect(await opens(open(type, ticket))).toBe(false);
  expect(await opens(open(type, `${ticket.slice(0, -1)}x`))).toBe(false);
  socket.close();
});

it('of pages that bring one ticket at once, one is let in', async () => {
  const [type, ticket] = [freshName(), await aTicket()];
  const sockets = Array.from({ length: 8 }, () => open(type, ticket));
  const opened = await Promise.all(sockets.map(opens));
  expect(opened.filter((each) => each)).toHaveLength(1);
  for (const socket of sockets) socket.close();
});

it('nobody gets a ticket without a token', async () => {
  expectErrors(await call('sys/events/ticket', { method: 'POST' }), 403, ['permission denied']);
});
