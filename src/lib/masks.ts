/** Hides secrets in a text that a log or a message shows. Pure. */

/** What a secret is replaced with. */
const MASK = '…';

/** Rounds of percent-decoding, so that a token is found however often it was encoded. */
const MAX_DECODINGS = 8;

/**
 * Every pattern keeps `$1` and drops the rest. None can backtrack over more than one run of characters.
 */
const SECRETS: readonly RegExp[] = [
  // What follows an endpoint that older clients of Vault put a token behind.
  /((?:^|\/)auth\/token\/[a-z-]+\/).+/g,
  // Tokens and tickets of Carillon, tokens of Vault and OpenBao, however short and mistyped.
  /((?<![A-Za-z0-9])(?:ct[kt]|hv[sbr]))\.[\w.~-]+/g,
  // The same where something stands directly before them, and the form that tokens of OpenBao have.
  /(ct[kt]|hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20}[\w.~-]*/g,
  // JWTs: parts in Base64, of which the first is an object and so begins with "{".
  /((?<![\w-])e[wy])[\w-]{10,}\.[\w-]+(?:\.[\w-]*)*/g,
  // Secrets of Standard Webhooks.
  /(wh(?:sec|sk)_)[\w+/=-]+/g,
  /((?<![A-Za-z])(?:Bearer|Basic)[ \t]+)[\w.~+/=-]{6,}/gi,
];

/** A secret id is a UUID, and so is much that is none: the first eight digits tell such names apart. */
const UUID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;

export function maskUuids(text: string): string {
  return text.replace(UUID, `$1${MASK}`);
}

/** @param known secrets that have no form of their own */
export function maskSecrets(text: string, known: Iterable<string> = []): string {
  const masked = mask(text, known);
  if (!text.includes('%')) return masked;
  // Only where a secret was encoded is the decoded text shown.
  const decoded = percentDecoded(text);
  const maskedDecoded = mask(decoded, known);
  return maskedDecoded === decoded ? masked : maskedDecoded;
}

/** Decodes the escapes that are well-formed, and leaves the others. */
export function percentDecoded(text: string): string {
  let decoded = text;
  for (let round = 0; round < MAX_DECODINGS; round++) {
    const next = decoded.replace(/%[0-7][0-9A-Fa-f]/g, (octet) =>
      String.fromCharCode(Number.parseInt(octet.slice(1), 16)),
    );
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

function mask(text: string, known: Iterable<string>): string {
  let masked = text;
  for (const secret of known) masked = masked.replaceAll(secret, MASK);
  for (const pattern of SECRETS) masked = masked.replace(pattern, `$1${MASK}`);
  return masked;
}
