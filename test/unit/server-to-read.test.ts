import { expect, it } from 'vitest';
import { serverToRead } from '../../src/http/events/sources/server-to-read.ts';
import { failureOf } from './support/result.ts';

const HTTPS = 'read.address must begin with "https://"';

it.each([
  ['http://127.0.0.1:8200', `${HTTPS}, or start "carillon dev" with --allow-loopback-http`],
  ['http://openbao.example.com', HTTPS],
])('the address %s is refused with what to do', (address, message) => {
  expect(failureOf(serverToRead({ address }, {})).message).toBe(message);
});
