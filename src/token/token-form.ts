/**
 * The form of a token: `ctk.<secret>.<checksum>`, or `ctk.<secret>.<namespace>.<checksum>`. It names the namespace whose
 * authority stores it, so any Worker finds that authority without a directory. The checksum covers everything before it,
 * so a mistyped token is rejected without a call. Scanners of leaked secrets recognize the prefix. A token of any other
 * form belongs to the root namespace. A ticket has the same form under its own prefix.
 */

import { hexOf, sha256 } from '../lib/digest.ts';
import { parseNamespacePath, ROOT } from '../namespace/namespace.ts';

export const TOKEN_PREFIX = 'ctk.';
const TICKET_PREFIX = 'ctt.';
/** 190 bits of entropy. */
const SECRET_CHARACTERS = 32;
const CHECKSUM_CHARACTERS = 8;
const ACCESSOR_CHARACTERS = 24;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @param namespace its path */
export function mintToken(namespace: string): Promise<string> {
  return mint(TOKEN_PREFIX, namespace);
}

/** @param namespace the path of the namespace of the token that it stands for */
export function mintTicket(namespace: string): Promise<string> {
  return mint(TICKET_PREFIX, namespace);
}

/** An accessor names a token without granting its rights: `<24 characters>[.<namespace>]`. @param namespace its path */
export function mintAccessor(namespace: string): string {
  return `${randomText(ACCESSOR_CHARACTERS)}${namespace && '.'}${namespace}`;
}

/** The path of the namespace that an accessor names; undefined if no namespace can have this path. */
export function namespaceOfAccessor(accessor: string): string | undefined {
  return parseNamespacePath(accessor.split('.').slice(1).join('.'));
}

/** The path of the namespace that a token names; undefined if it has our prefix and a wrong checksum. */
export async function namespaceOfToken(token: string): Promise<string | undefined> {
  return token.startsWith(TOKEN_PREFIX) ? namespaceIn(TOKEN_PREFIX, token) : ROOT;
}

/** The path of the namespace that a ticket names; undefined if it has another prefix or a wrong checksum. */
export async function namespaceOfTicket(ticket: string): Promise<string | undefined> {
  return ticket.startsWith(TICKET_PREFIX) ? namespaceIn(TICKET_PREFIX, ticket) : undefined;
}

/** Whether a header can carry a text as a token. Of a value with a comma, only the first part would arrive. */
export function isToken(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(text);
}

/** The stored form of a secret. A secret that we make has too much entropy to be guessed from it. */
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
