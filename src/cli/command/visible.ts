/** Texts of somebody else, in the messages and the output of a command. Pure. */
import { maskSecrets } from '../../lib/mask-secrets.ts';

/** A word of a message that is longer than any that a user reads, and how much of it is shown. */
const LONG_WORD = /(\S{90})\S{900,}/g;

/** The token of a local server, which no other pattern knows. */
const LOCAL_TOKEN = /(?<![\w-])dev-[0-9a-f]{16,}/g;

/**
 * Shows the characters that control a terminal or the direction and the lines of a text, so that a text of somebody
 * else cannot do so.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A message as one line: control characters are shown, long words are shortened, and what may be a token is hidden. */
export function safeMessage(message: string): string {
  const hidden = maskSecrets(message).replace(LOCAL_TOKEN, 'dev-…');
  return visible(hidden).replace(LONG_WORD, '$1…');
}
