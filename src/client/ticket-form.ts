/** How a ticket looks, so that nothing else gets into a URL and no ticket into a message. */
import { MAX_TICKET_CHARACTERS } from './bounds.ts';

const PREFIX = 'ctt.';

/**
 * A ticket goes into a URL, so nothing else may: not the token of a program that mixes the two up, and not the page
 * of a login that a backend answers with. What is wrong is said without quoting it.
 *
 * @returns undefined if it has the form of a ticket
 */
export function faultOfTicket(value: unknown): string | undefined {
  if (typeof value !== 'string') return `no string but ${value === null ? 'null' : typeof value}`;
  const text = value.trim();
  if (text === '') return 'empty';
  if (text.startsWith('<')) return 'HTML; is it a page to log in?';
  if (/^["{]/.test(text)) return 'JSON; give the value of its member "ticket"';
  if (!text.startsWith(PREFIX)) return 'no ticket, which begins with "ctt."; is it a token?';
  if (text.length > MAX_TICKET_CHARACTERS) {
    return `${text.length} characters long, at most ${MAX_TICKET_CHARACTERS} are allowed`;
  }
  return undefined;
}

/**
 * A text of others in which no ticket can be read: platforms name the URL that they cannot reach. A ticket ends where
 * a part of a URL or a quotation does.
 */
export function withoutTickets(text: string): string {
  return text.replace(/ctt\.[^\s&#"'<>]*/g, 'ctt.…');
}
