/**
 * The form of a token: `ctk.<secret>.<checksum>`, or `ctk.<secret>.<namespace>.<checksum>`. It names the
 * namespace whose authority knows it, so that any Worker finds that without a directory; and the
 * checksum (of everything before it) lets a mistyped one be refused without asking anybody. The prefix
 * is for scanners of leaked secrets. A token of any other form belongs to the root namespace. A ticket,
 * which stands for a token once, has the same form under a prefix of its own.
 */
import { hexOf } from '../lib/hex.ts';
import { sha256 } from '../lib/sha256.ts';
import { parseNamespacePath, ROOT } from '../namespace/namespace.ts';

export const TOKEN_PREFIX = 'ctk.';
export const TICKET_PREFIX = 'ctt.';
/** 32 characters of 62: 190 bits. */
const SECRET_CHARACTERS = 32;
const CHECKSUM_CHARACTERS = 8;
const ACCESSOR_CHARACTERS = 24;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Makes a token of a namespace. */
export function mintToken(namespace: string): Promise<string> {
  return mint(TOKEN_PREFIX, namespace);
}

/** Makes a ticket for a token of a namespace. */
export function mintTicket(namespace: string): Promise<string> {
  return mint(TICKET_PREFIX, namespace);
}

/** Makes an accessor, by which a token is named without being given: `<24 characters>[.<namespace>]`. */
export function mintAccessor(namespace: string): string {
  return `${randomText(ACCESSOR_CHARACTERS)}${namespace && '.'}${namespace}`;
}

/** The path of the namespace that an accessor says it is of; undefined where none can have it. */
export function namespaceOfAccessor(accessor: string): string | undefined {
  return parseNamespacePath(accessor.split('.').slice(1).join('.'));
}

/**
 * The path of the namespace that a token says it is of; undefined where it has our prefix and yet was
 * not made by us.
 */
export async function namespaceOfToken(token: string): Promise<string | undefined> {
  return token.startsWith(TOKEN_PREFIX) ? namespaceIn(TOKEN_PREFIX, token) : ROOT;
}

/** The path of the namespace that a ticket says it is of; undefined where it was not made by us. */
export async function namespaceOfTicket(ticket: string): Promise<string | undefined> {
  return ticket.startsWith(TICKET_PREFIX) ? namespaceIn(TICKET_PREFIX, ticket) : undefined;
}

/** What is stored of a secret. One that we make cannot be found from it by trying. */
export async function digestOf(secret: string): Promise<string> {
  return hexOf(new Uint8Array(await sha256(secret)));
}

/** Random letters and digits, each equally likely. */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is the largest multiple of 62 that fits a byte.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

async function mint(prefix: string, namespace: string): Promise<string> {
  const body = `${prefix}${randomText(SECRET_CHARACTERS)}${namespace && '.'}${namespace}`;
  return `${body}.${await checksumOf(body)}`;
}

async function namespaceIn(prefix: string, text: string): Promise<string | undefined> {
  const body = text.slice(0, text.lastIndexOf('.'));
  if (text.slice(body.length + 1) !== (await checksumOf(body))) return undefined;
  const namespace = body.slice(prefix.length + SECRET_CHARACTERS + 1);
  return parseNamespacePath(namespace) === namespace ? namespace : undefined;
}

async function checksumOf(body: string): Promise<string> {
  return (await digestOf(body)).slice(0, CHECKSUM_CHARACTERS);
}
