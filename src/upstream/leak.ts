/**
 * Whether a text holds a token or a ticket of this server, which nobody else may see. Clients and proxies put
 * tokens where no one expects them: behind other values, quoted, encoded, in the user name of Basic credentials.
 */
import { percentDecoded } from '../masks.ts';

/** A secret of ours: a prefix and 32 letters and digits, of which some may have been lost. */
const OURS = /ct[kt]\.[A-Za-z0-9]{20}/;

/** What begins like one in a value that is for credentials, however short and mistyped. */
const BEGUN = /(?<![A-Za-z0-9])ct[kt]\./;

/** What may be Base64 with room for a token: 12 characters take 16 of it. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;

/** Base64 of Base64 is looked into no deeper. */
const MAX_DEPTH = 3;

/** A shorter root token, such as `root`, is also a word of requests that have no token of ours. */
const MIN_ROOT_TOKEN_CHARACTERS = 12;

/** Headers whose values are credentials. */
const CREDENTIALS = ['authorization', 'proxy-authorization', 'x-vault-token'];

/** Whether a request has a token of ours in its headers, or in its path and query. */
export function leaks(headers: Headers, pathAndQuery: string, rootToken: string): boolean {
  if (holdsOurs(pathAndQuery, rootToken)) return true;
  return [...headers].some(
    ([name, value]) =>
      holdsOurs(value, rootToken) || (CREDENTIALS.includes(name) && isLikeOurs(value, rootToken)),
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
  if (OURS.test(decoded)) return true;
  const spellings = decoded === text ? [text] : [text, decoded];
  const isRootTokenLong = rootToken.length >= MIN_ROOT_TOKEN_CHARACTERS;
  if (isRootTokenLong && spellings.some((each) => contains(each, rootToken))) return true;
  if (depth === MAX_DEPTH) return false;
  return (decoded.match(BASE64) ?? []).some((run) => {
    const inside = base64Decoded(run);
    return inside !== undefined && holds(inside, rootToken, depth + 1);
  });
}

/** What stands between blanks, commas and quotes. */
function partsOf(value: string): string[] {
  return value.split(/[\s,;"']+/);
}

function equals(part: string, secret: string): boolean {
  return secret !== '' && part.length === secret.length && contains(part, secret);
}

/** Compares at every place and to the end, so that the time says nothing of the secret. */
function contains(text: string, secret: string): boolean {
  let found = 0;
  for (let start = 0; start + secret.length <= text.length; start++) {
    let difference = 0;
    for (let index = 0; index < secret.length; index++) {
      difference |= text.charCodeAt(start + index) ^ secret.charCodeAt(index);
    }
    found |= difference === 0 ? 1 : 0;
  }
  return found === 1;
}

/** Either alphabet; undefined where it is no Base64. What is too short to be a byte at the end is left out. */
function base64Decoded(run: string): string | undefined {
  const whole = run.length % 4 === 1 ? run.slice(0, -1) : run;
  try {
    return atob(whole.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
}
