/** Masks secrets in a text for a log or a message. Pure. */

const MASK = '…';

/** Rounds of percent-decoding. A token may have been encoded several times. */
const MAX_DECODINGS = 8;

/** The first group of a match is kept, the rest is masked. No pattern can backtrack over more than one run. */
const SECRETS: readonly RegExp[] = [
  // Older clients of Vault put a token into the path, after these endpoints.
  /((?:^|\/)auth\/token\/[a-z-]+\/).+/g,
  // Tokens, tickets and leases of Carillon, and tokens of Vault and OpenBao, even short or mistyped ones.
  /((?<![A-Za-z0-9])(?:ct[kt]|hv[sbr]|carillon\.lease))\.[\w.~-]+/g,
  // The same tokens directly after other characters, and tokens of OpenBao.
  /(ct[kt]|hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20}[\w.~-]*/g,
  // JWTs: parts in Base64. The first is an object, so its text begins with "{".
  /((?<![\w-])e[wy])[\w-]{10,}\.[\w-]+(?:\.[\w-]*)*/g,
  // Secrets of Standard Webhooks.
  /(wh(?:sec|sk)_)[\w+/=-]+/g,
  /((?<![A-Za-z])(?:Bearer|Basic)[ \t]+)[\w.~+/=-]{6,}/gi,
];

/** What a text has if one of the patterns can match. Most texts have none of it, and this is one search, not six. */
const HINT = /\.|auth\/token\/|wh(?:sec|sk)_|bearer|basic/i;

/** A secret id is a UUID, but so are many identifiers. The first eight digits are kept to tell them apart. */
const UUID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;

export function maskUuids(text: string): string {
  return text.replace(UUID, `$1${MASK}`);
}

/** @param known secrets without a form that a pattern could recognize */
export function maskSecrets(text: string, known: Iterable<string> = []): string {
  const masked = mask(text, known);
  if (!text.includes('%')) return masked;
  // The decoded text is shown only if it contains a secret.
  const decoded = percentDecoded(text);
  const maskedDecoded = mask(decoded, known);
  return maskedDecoded === decoded ? masked : maskedDecoded;
}

/** Decodes escapes of ASCII, and leaves everything else as it is. */
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
  if (!HINT.test(masked)) return masked;
  for (const pattern of SECRETS) masked = masked.replace(pattern, `$1${MASK}`);
  return masked;
}
