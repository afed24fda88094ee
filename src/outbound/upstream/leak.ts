/**
 * Whether a text holds a token or a ticket of this server, which nobody else may see. Clients and proxies put
 * tokens where no one expects them: behind other values, quoted, encoded, in the user name of Basic credentials.
 */
import { percentDecoded } from '../../lib/masks.ts';

/** A secret of ours: a prefix and 32 letters and digits, of which some may have been lost. */
const OURS = /ct[kt]\.[A-Za-z0-9]{20}/;

/** What begins like one in a value that is for credentials, however short and mistyped. */
const BEGUN = /(?<![A-Za-z0-9])ct[kt]\./;

/** What may be Base64 with room for a token: 12 characters take 16 of it. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;

/** The same in hexadecimal: 12 characters take 24 of it. */
const HEX = /[0-9A-Fa-f]{24,}/g;

/** `\u0063` of JSON, `\x63` of many languages. */
const ESCAPE = /\\(?:u00|x)([0-7][0-9A-Fa-f])/g;

/** An encoding of an encoding is looked into no deeper. */
const MAX_DEPTH = 3;

/** How deep what stands directly before an encoded text is told from it: a user name before a token, both encoded. */
const MAX_SHIFTED_DEPTH = 1;

/** A shorter root token, such as `root`, is also a word of requests that have no token of ours. */
const MIN_ROOT_TOKEN_CHARACTERS = 12;

/** Headers whose values are credentials. */
const CREDENTIALS = ['authorization', 'proxy-authorization', 'x-vault-token'];

/** Whether a request has a token of ours in its headers, or in its path and query. */
export function leaks(headers: Headers, pathAndQuery: string, rootToken: string): boolean {
  if (holdsOurs(pathAndQuery, rootToken)) return true;
  // Names are read in lower case here, and passed on as they were written.
  const rootTokenInName = rootToken.toLowerCase();
  return [...headers].some(
    ([name, value]) =>
      holdsOurs(name, rootTokenInName) ||
      holdsOurs(value, rootToken) ||
      (CREDENTIALS.includes(name) && isLikeOurs(value, rootToken)),
  );
}

/** Whether a text has a token of ours, as it is or encoded. */
export function holdsOurs(text: string, rootToken: string): boolean {
  return holds(text, rootToken, 0);
}

/** Whether credentials are meant to be ours: some are too short or too common to be known elsewhere. */
export function isLikeOurs(value: string, rootToken: string): boolean {
  return BEGUN.test(value) || partsOf(value).some((part) => equals(part, rootToken));
}

function holds(text: string, rootToken: string, depth: number): boolean {
  const decoded = percentDecoded(text);
  const unescaped = withoutEscapes(decoded);
  if (OURS.test(unescaped)) return true;
  const spellings = new Set([text, decoded, unescaped]);
  const isRootTokenLong = rootToken.length >= MIN_ROOT_TOKEN_CHARACTERS;
  if (isRootTokenLong && [...spellings].some((each) => contains(each, rootToken))) return true;
  if (depth === MAX_DEPTH) return false;
  // What stands directly before it may be of the alphabet too: a path, a dash. So it may begin at any of four places.
  const shifts = depth <= MAX_SHIFTED_DEPTH ? [0, 1, 2, 3] : [0];
  return (
    runsHold(unescaped, BASE64, shifts, (run) => holds(base64Decoded(run), rootToken, depth + 1)) ||
    runsHold(unescaped, HEX, [0, 1], (run) => holds(hexDecoded(run), rootToken, depth + 1))
  );
}

/** Whether what may be encoded in a text holds a token, from whichever of the places it begins at. */
function runsHold(
  text: string,
  form: RegExp,
  shifts: readonly number[],
  hold: (run: string) => boolean,
): boolean {
  return (text.match(form) ?? []).some((run) => shifts.some((shift) => hold(run.slice(shift))));
}

function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  const unescaped = text.replace(ESCAPE, (_, octet: string) => characterOf(octet));
  return unescaped.replaceAll('\\', '');
}

function characterOf(octet: string): string {
  return String.fromCharCode(Number.parseInt(octet, 16));
}

/** What stands between blanks, commas and quotes. */
function partsOf(value: string): string[] {
  return value.split(/[\s,;"']+/);
}

function equals(part: string, secret: string): boolean {
  return secret !== '' && part.length === secret.length && contains(part, secret);
}

/**
 * Compares at every place, by a rolling hash: the time depends on the lengths alone, and so says nothing of how much
 * of a guess is right.
 */
function contains(text: string, secret: string): boolean {
  const { length } = secret;
  if (text.length < length) return false;
  multiplier ??= (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) | 1;
  let leading = 1;
  for (let index = 0; index < length; index++) leading = Math.imul(leading, multiplier);
  const wanted = hashOf(secret, multiplier);
  let hash = hashOf(text.slice(0, length), multiplier);
  let found = hash === wanted ? 1 : 0;
  for (let end = length; end < text.length; end++) {
    hash = (Math.imul(hash, multiplier) + text.charCodeAt(end)) | 0;
    hash = (hash - Math.imul(text.charCodeAt(end - length), leading)) | 0;
    found |= hash === wanted ? 1 : 0;
  }
  return found === 1 && text.includes(secret);
}

/** Of the hash. Each process chooses its own, so that nobody can make texts that share one. */
let multiplier: number | undefined;

function hashOf(text: string, by: number): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, by) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** Of either alphabet. What is too short to be a byte at the end is left out. */
function base64Decoded(run: string): string {
  const whole = run.length % 4 === 1 ? run.slice(0, -1) : run;
  return inOneByteEach(atob(whole.replaceAll('-', '+').replaceAll('_', '/')));
}

function hexDecoded(run: string): string {
  return inOneByteEach((run.match(/../g) ?? []).map(characterOf).join(''));
}

/** ASCII that was encoded as UTF-16 has a zero beside each character. */
function inOneByteEach(bytes: string): string {
  return bytes.replaceAll('\0', '');
}
