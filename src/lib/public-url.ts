/**
 * Checks a URL that this server will fetch. A URL in a configuration or in the answer of another server must not reach a
 * private network, so it must be https and must not have an IP address of a private network. This check cannot see the
 * address that a name resolves to, but Workers reach no private network by name.
 */
import { MAX_PUBLIC_URL_CHARACTERS } from './limits.ts';
import { invalid, ok, type Result } from './result.ts';

export interface PublicUrlRules {
  /** For development: allows a server on this machine, without TLS. */
  readonly allowLoopbackHttp: boolean;
}

/** The hosts that `allowLoopbackHttp` allows. */
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** IPv4 networks that are not public: the prefix and its length (IANA's registry). */
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

/** @returns the URL, or a failure whose message is to follow the name of the URL: `must not have credentials` */
export function checkPublicUrl(text: string, rules: PublicUrlRules): Result<string> {
  if (text.length > MAX_PUBLIC_URL_CHARACTERS) {
    return invalid(
      `has ${text.length} characters, at most ${MAX_PUBLIC_URL_CHARACTERS} are allowed`,
    );
  }
  // A URL parser replaces or drops these characters, so it would read another URL.
  if (/[\s\p{Cc}\\]/u.test(text) || !URL.canParse(text)) return invalid('is not a URL');
  const { protocol, hostname, username, password } = new URL(text);
  const isLoopback = rules.allowLoopbackHttp && LOOPBACK.includes(hostname);
  if (!/^https?:\/\/[^/]/i.test(text) || (protocol === 'http:' && !isLoopback)) {
    return invalid('must begin with "https://"');
  }
  if (username !== '' || password !== '') return invalid('must not have credentials');
  if (text.includes('#')) return invalid('must not have a fragment');
  if (!isLoopback && isPrivate(hostname)) return invalid('is an address of a private network');
  return ok(text);
}

/**
 * Whether an address is of this machine or of a private network.
 *
 * @param hostname as the URL parser writes it: it converts every form of an IPv4 address to dotted decimal
 */
export function isPrivate(hostname: string): boolean {
  const name = hostname.replace(/\.+$/, '');
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
 * Global unicast addresses are 2000::/3. Addresses that contain an IPv4 address (`::ffff:10.0.0.1`, `64:ff9b::`) are
 * outside of it, except those of 6to4 and Teredo, which are excluded here.
 */
function isGlobalIpv6(host: string): boolean {
  const [first = '', second = ''] = host.slice(1, -1).split(':');
  const prefix = Number.parseInt(first || '0', 16);
  if (prefix < 0x2000 || prefix > 0x3fff || prefix === 0x2002) return false;
  return !(prefix === 0x2001 && ['', '0', 'db8'].includes(second));
}
