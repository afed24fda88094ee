import { describe, expect, it } from 'vitest';
import { faultOfTicket, withoutTickets } from '../../src/client/ticket-form.ts';
import { mintTicket, mintToken } from '../../src/token/token-form.ts';

describe('the tickets that the server makes', () => {
  it.each(['', 'team-a/prod'])('are tickets to the client, in the namespace %j', async (path) => {
    const ticket = await mintTicket(path);
    expect(faultOfTicket(ticket)).toBeUndefined();
    expect(withoutTickets(`wss://carillon.test/?ticket=${ticket}&json=true`)).toBe(
      'wss://carillon.test/?ticket=ctt.…&json=true',
    );
  });

  it('are not confused with tokens', async () => {
    expect(faultOfTicket(await mintToken(''))).toContain('is it a token?');
  });
});
