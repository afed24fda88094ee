/**
 * From where the keys of an issuer may be fetched. A URL in a configuration, or in what an issuer
 * answers, must not make this server ask where only it can reach: no plain http, no address of a private
 * network, nothing that hides what is asked. A name that resolves to such an address cannot be seen
 * here; Workers reach no private network by name.
 */
import { MAX_KEY_URL_CHARACTERS } from './limits.ts';

export interface KeyUrlRules {
  /** For development: an issuer on this machine, without TLS. */
  readonly allowLoopbackHttp: boolean;
}

/** The names under which `allowLoopbackHttp` lets an issuer be. */
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** IPv4 addresses that are not of the public internet, by prefix and its length (IANA's registry). */
const PRIVATE_BLOCKS: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
];

/** What is wrong with a URL to fetch keys from, to follow its name in a message; else undefined. */
export function problemOfKeyUrl(text: string, rules: KeyUrlRules): string | undefined {
  if (text.length > MAX_KEY_URL_CHARACTERS) {
    return `has ${text.length} characters, at most ${MAX_KEY_URL_CHARACTERS} are allowed`;
  }
  // A parser mends or drops these, so the URL would not be the one that was written.
  if (/[\s\p{Cc}\\]/u.test(text) || !URL.canParse(text)) return 'is not a URL';
  const { protocol, hostname, username, password } = new URL(text);
  const isLoopback = rules.allowLoopbackHttp && LOOPBACK.includes(hostname);
  if (!/^https?:\/\/[^/]/i.test(text) || (protocol === 'http:' && !isLoopback)) {
    return 'must begin with "https://"';
  }
  if (username !== '' || password !== '') return 'must not have credentials';
  if (text.includes('#')) return 'must not have a fragment';
  if (!isLoopback && isPrivate(hostname)) return 'is an address of a private network';
  return undefined;
}

/** Of a host as the URL parser writes it: every form of an IPv4 address becomes dotted decimal. */
function isPrivate(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name.startsWith('[')) return !isGlobalIpv6(name);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(name)) return false;
  const address = ipv4(name);
  return PRIVATE_BLOCKS.some(([block, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor(ipv4(block) / size);
  });
}

function ipv4(dotted: string): number {
  return dotted.split('.').reduce((address, byte) => address * 256 + Number(byte), 0);
}

/**
 * Global unicast addresses are 2000::/3. That leaves out what holds an IPv4 address (`::ffff:10.0.0.1`,
 * `64:ff9b::`) except 6to4 and Teredo, which are named here.
 */
function isGlobalIpv6(host: string): boolean {
  const [first = '', second = ''] = host.slice(1, -1).split(':');
  const prefix = Number.parseInt(first || '0', 16);
  if (prefix < 0x2000 || prefix > 0x3fff || prefix === 0x2002) return false;
  return !(prefix === 0x2001 && ['', '0', 'db8'].includes(second));
}
