import { describe, expect, it } from 'vitest';
import {
  digestOf,
  mintTicket,
  mintToken,
  namespaceOfTicket,
  namespaceOfToken,
  randomText,
} from '../../src/token/token-form.ts';

describe('a token that the server makes', () => {
  it.each(['', 'team', 'team/prod', 'a.b/c~d', 'team.ctk'])('of %j says so', async (namespace) => {
    const token = await mintToken(namespace);
    expect(token).toMatch(/^ctk\.[A-Za-z0-9]{32}\.([A-Za-z0-9_.~/-]+\.)?[0-9a-f]{8}$/);
    expect(await namespaceOfToken(token)).toBe(namespace);
  });

  it('is another each time', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => mintToken('')));
    expect(new Set(tokens).size).toBe(100);
  });

  it('is no token any more with any one character changed, left out, doubled or swapped', async () => {
    const token = await mintToken('team');
    const typos = Array.from(token).flatMap((character, i) => [
      `${token.slice(0, i)}${character === 'x' ? 'y' : 'x'}${token.slice(i + 1)}`,
      `${token.slice(0, i)}${token.slice(i + 1)}`,
      `${token.slice(0, i)}${character}${token.slice(i)}`,
      `${token.slice(0, i)}${token[i + 1] ?? ''}${character}${token.slice(i + 2)}`,
    ]);
    const prefixed = typos.filter((typo) => typo !== token && typo.startsWith('ctk.'));
    expect(prefixed.length).toBeGreaterThan(100);
    for (const typo of prefixed) expect(await namespaceOfToken(typo), typo).toBeUndefined();
  });
});

describe('a token that claims to be made by the server', () => {
  async function signed(body: string): Promise<string> {
    return `${body}.${(await digestOf(body)).slice(0, 8)}`;
  }
  const secret = 'a'.repeat(32);

  it.each([
    'ctk.',
    'ctk..',
    'ctk...',
    'ctk',
    'ctk.a',
    `ctk.${secret}`,
    `ctk.${secret}.`,
    `ctk.${secret}.team`,
  ])('and has no checksum is none (%s)', async (token) => {
    expect(await namespaceOfToken(token)).toBe(token.startsWith('ctk.') ? undefined : '');
  });

  it.each(['sys', 'root', '..', 'a//b', '/a', 'a/', 'a b', 'a@b', 'a/../b', `${'a/'.repeat(8)}a`])(
    'and names what can be no namespace is none (%s)',
    async (namespace) => {
      expect(await namespaceOfToken(await signed(`ctk.${secret}.${namespace}`))).toBeUndefined();
    },
  );

  it('has its checksum in lower case', async () => {
    const token = await signed(`ctk.${secret}.team`);
    expect(await namespaceOfToken(token)).toBe('team');
    const shouted = token.replace(/[0-9a-f]{8}$/, (checksum) => checksum.toUpperCase());
    if (shouted !== token) expect(await namespaceOfToken(shouted)).toBeUndefined();
  });
});

describe('a ticket', () => {
  it.each(['', 'team', 'team/prod', 'a.b/c~d'])('of %j says so', async (namespace) => {
    const ticket = await mintTicket(namespace);
    expect(ticket).toMatch(/^ctt\.[A-Za-z0-9]{32}\.([A-Za-z0-9_.~/-]+\.)?[0-9a-f]{8}$/);
    expect(await namespaceOfTicket(ticket)).toBe(namespace);
  });

  it('needs no escapes in a URL', async () => {
    const ticket = await mintTicket('a.b_c/d~e-f');
    expect(new URL(`http://x/?ticket=${ticket}`).searchParams.get('ticket')).toBe(ticket);
  });

  it('is no token, and a token is no ticket', async () => {
    const [ticket, token] = [await mintTicket('team'), await mintToken('team')];
    expect(await namespaceOfToken(ticket)).toBe('');
    expect(await namespaceOfTicket(token)).toBeUndefined();
    expect(await namespaceOfTicket(token.replace('ctk.', 'ctt.'))).toBeUndefined();
    expect(await namespaceOfToken(ticket.replace('ctt.', 'ctk.'))).toBeUndefined();
  });

  it.each(['', 'root', 'ctt.', 'ctt..', 'ctt...', 'ticket'])(
    'is of our form, unlike %j',
    async (text) => {
      expect(await namespaceOfTicket(text)).toBeUndefined();
    },
  );
});

it.each(['root', 'hvs.CAES', 's.abc', '', 'CTK.a', 'xctk.a', 'a-token'])(
  'a token of another form is of the root namespace (%j)',
  async (token) => {
    expect(await namespaceOfToken(token)).toBe('');
  },
);

it('a digest is SHA-256, in hexadecimal', async () => {
  expect(await digestOf('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

describe('random text', () => {
  it('is as long as asked for', () => {
    for (const length of [0, 1, 8, 32, 1000]) expect(randomText(length)).toHaveLength(length);
  });

  it('has each letter and digit about as often', () => {
    const counts = new Map<string, number>();
    for (const character of randomText(62_000))
      counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // The standard deviation is about 32.
    for (const [character, count] of counts) {
      expect(Math.abs(count - 1000), character).toBeLessThan(250);
    }
  });
});
