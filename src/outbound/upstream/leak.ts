/**
 * Whether a text contains a token or a ticket of this server, which the upstream must not see. Clients and proxies put
 * tokens in unexpected places: behind other values, quoted, encoded, in the user name of Basic credentials.
 */
import { percentDecoded } from '../../lib/mask-secrets.ts';

/** A token or ticket of ours: a prefix and 32 letters and digits. Some of them may have been lost. */
const OURS = /ct[kt]\.[A-Za-z0-9]{20}/;

/** The beginning of one, in a header for credentials. The rest may be short and mistyped. */
const BEGUN = /(?<![A-Za-z0-9])ct[kt]\./;

/** Possible Base64 that is long enough for 12 characters of a token. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;

/** The same in hexadecimal. */
const HEX = /[0-9A-Fa-f]{24,}/g;

/** `\u0063` as in JSON, `\x63` as in many languages. */
const ESCAPE = /\\(?:u00|x)([0-7][0-9A-Fa-f])/g;

/** Nested encodings are decoded this deep. */
const MAX_DEPTH = 3;

/** How deep a run of Base64 is decoded from each of its offsets: encoded text may be in front of the token. */
const MAX_SHIFTED_DEPTH = 1;

/** A shorter root token, such as `root`, may also occur in a request without a token. */
const MIN_ROOT_TOKEN_CHARACTERS = 12;

/** Headers whose values are credentials. */
const CREDENTIALS = ['authorization', 'proxy-authorization', 'x-vault-token'];

/** Whether a request has a token of ours in its headers, its path or its query. */
export function leaks(
  headers: Headers,
  pathAndQuery: string,
  rootTokens: readonly string[],
): boolean {
  if (holdsOurs(pathAndQuery, rootTokens)) return true;
  // Header names are read in lower case here, and passed on as written.
  const rootTokensInName = rootTokens.map((each) => each.toLowerCase());
  return [...headers].some(
    ([name, value]) =>
      holdsOurs(name, rootTokensInName) ||
      holdsOurs(value, rootTokens) ||
      (CREDENTIALS.includes(name) && isLikeOurs(value, rootTokens)),
  );
}

/** Whether a text contains a token of ours, plain or encoded. */
export function holdsOurs(text: string, rootTokens: readonly string[]): boolean {
  const long = rootTokens.filter(({ length }) => length >= MIN_ROOT_TOKEN_CHARACTERS);
  return holds(text, long, 0);
}

/** Whether credentials are meant for this server, even if they are too short to be recognised in other places. */
export function isLikeOurs(value: string, rootTokens: readonly string[]): boolean {
  return (
    BEGUN.test(value) ||
    partsOf(value).some((part) => rootTokens.some((each) => equals(part, each)))
  );
}

/** @param rootTokens those that are long enough */
function holds(text: string, rootTokens: readonly string[], depth: number): boolean {
  const decoded = percentDecoded(text);
  const unescaped = withoutEscapes(decoded);
  if (OURS.test(unescaped)) return true;
  const spellings = new Set([text, decoded, unescaped]);
  const holdsRootToken = (each: string) => rootTokens.some((token) => contains(each, token));
  if ([...spellings].some(holdsRootToken)) return true;
  if (depth === MAX_DEPTH) return false;
  // Characters directly in front of it may be of the same alphabet, so it may begin at any of four offsets.
  const shifts = depth <= MAX_SHIFTED_DEPTH ? [0, 1, 2, 3] : [0];
  return (
    runsHold(unescaped, BASE64, shifts, (run) =>
      holds(base64Decoded(run), rootTokens, depth + 1),
    ) || runsHold(unescaped, HEX, [0, 1], (run) => holds(hexDecoded(run), rootTokens, depth + 1))
  );
}

/** Whether one of the encoded runs in a text contains a token, at one of the offsets. */
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

/** The parts between blanks, commas and quotes. */
function partsOf(value: string): string[] {
  return value.split(/[\s,;"']+/);
}

function equals(part: string, secret: string): boolean {
  return secret !== '' && part.length === secret.length && contains(part, secret);
}

/**
 * Compares at every offset by a rolling hash. The time only depends on the lengths, so it does not tell how much of a
 * guess is right.
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

/** Each process chooses its own multiplier, so that nobody can construct texts with equal hashes. */
let multiplier: number | undefined;

function hashOf(text: string, by: number): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, by) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** Decodes either alphabet. An incomplete byte at the end is left out. */
function base64Decoded(run: string): string {
  const whole = run.length % 4 === 1 ? run.slice(0, -1) : run;
  return inOneByteEach(atob(whole.replaceAll('-', '+').replaceAll('_', '/')));
}

function hexDecoded(run: string): string {
  return inOneByteEach((run.match(/../g) ?? []).map(characterOf).join(''));
}

/** ASCII in UTF-16 has a zero byte beside each character. */
function inOneByteEach(bytes: string): string {
  return bytes.replaceAll('\0', '');
}
