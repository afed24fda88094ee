/** Colours and the time of day, for people. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Styles a text, or leaves it if there are no colours. */
export type Paint = (style: Style, text: string) => string;

export const PLAIN: Paint = (_style, text) => text;
export const COLOURED: Paint = (style, text) =>
  text === '' ? '' : styleText(style, text, { validateStream: false });

/** What writes to the terminal if it has colours. Node reads NO_COLOR and TERM. */
export function paintFor(stream: { readonly isTTY?: boolean; hasColors?(): boolean }): Paint {
  return stream.isTTY === true && stream.hasColors?.() === true ? COLOURED : PLAIN;
}

/**
 * The local time of day: `17:04:02`.
 *
 * @param time Unix time in milliseconds, or a text that `Date` reads
 * @returns undefined if it is no time
 */
export function clock(time: string | number): string | undefined {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return undefined;
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
