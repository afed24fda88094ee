/** Writes entries of the log for people. Pure. */

import { clock, type Paint } from '../../command/style.ts';
import { visible } from '../../command/visible.ts';
import type { Entry } from './entries.ts';

/** Under the time of the request that an entry belongs to. */
const INDENT = ' '.repeat(10);
const LABEL_WIDTH = 11;

/** @returns one line or more, each with its newline; empty for what another entry says already */
export function textOf(entry: Entry, paint: Paint): string {
  switch (entry.type) {
    case 'request':
      return requestText(entry, paint);
    case 'event':
      return line(INDENT, paint('cyan', label('event')), [
        word(entry.event_type),
        inNamespace(entry.namespace, entry.path === '' ? '(no path)' : entry.path),
        entry.outcome === 'accepted' ? '' : paint('yellow', word(entry.outcome)),
      ]);
    case 'webhook':
      return line(INDENT, paint('magenta', label('webhook')), [
        word(entry.source),
        entry.kind === entry.source ? '' : word(entry.kind),
        senderText(entry, paint),
      ]);
    case 'subscription':
      return line(INDENT, paint('blue', label('subscribe')), [
        word(entry.pattern),
        word(entry.transport),
      ]);
    case 'audit': {
      const { type: _type, time, action, ...members } = entry;
      return paint('dim', line(timeColumn(time), label('audit'), [word(action), pairs(members)]));
    }
    case 'warning': {
      const { type: _type, ...members } = entry;
      return line(INDENT, paint('yellow', label('warning')), [pairs(members)]);
    }
    case 'error': {
      const cause = typeof entry.cause === 'string' ? block(entry.cause) : '';
      return `${line(INDENT, paint('red', label('error')), [word(entry.error)])}${cause}`;
    }
    case 'output':
      return `${word(entry.text)}\n`;
  }
}

function requestText(entry: Entry, paint: Paint): string {
  const { time, method, path, namespace, status, ms, refused, passed_on: passedOn } = entry;
  const more = typeof entry.more_events === 'number' ? `${entry.more_events} more events` : '';
  return line(timeColumn(time), paint('bold', label(word(method))), [
    inNamespace(namespace, path),
    statusText(Number(status), paint),
    `${word(ms)} ms`,
    passedOn === true ? 'by the upstream' : '',
    more,
    refused === undefined ? '' : paint('yellow', word(refused)),
  ]);
}

function statusText(status: number, paint: Paint): string {
  if (status >= 500) return paint('red', String(status));
  return paint(status >= 400 ? 'yellow' : 'green', String(status));
}

function senderText({ sender, status }: Entry, paint: Paint): string {
  if (sender === 'challenge') return 'challenge of the vendor';
  if (sender !== 'verified') return paint('yellow', 'not verified');
  return Number(status) >= 400 ? paint('yellow', 'verified, but refused') : 'verified';
}

/** The path with the namespace in front, as in a URL. */
function inNamespace(namespace: unknown, path: unknown): string {
  const above = word(namespace);
  return `${above}${above === '' || above.endsWith('/') ? '' : '/'}${word(path)}`;
}

/** The members of an entry without a form of its own. */
function pairs(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${word(name)}=${word(value)}`)
    .join('  ');
}

/** Several lines below an entry. */
function block(text: string): string {
  return text
    .split('\n')
    .map((each) => `${INDENT}${visible(each)}\n`)
    .join('');
}

/** The time of day, in the column of its own. */
function timeColumn(time: unknown): string {
  return clock(word(time))?.padEnd(INDENT.length) ?? INDENT;
}

function label(text: string): string {
  return text.padEnd(LABEL_WIDTH);
}

function line(start: string, label: string, parts: readonly string[]): string {
  return `${start}${label}${parts.filter((text) => text !== '').join('  ')}\n`;
}

/** What a client sent must not control the terminal. */
function word(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
