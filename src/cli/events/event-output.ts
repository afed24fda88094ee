/** How `events subscribe` prints an event. */
import { type Format, formattedItem } from '../command/format.ts';
import { paintFor } from '../command/style.ts';
import { readableLine } from './readable-line.ts';

/**
 * Makes what is printed of a line with a frame or an event in JSON.
 *
 * @throws Error if a format needs to read the line and cannot
 */
export type EventOutput = (line: string) => string;

/**
 * The output in a format. Without one, people at a terminal get readable lines, and programs the line as it came.
 *
 * @param namespace of the request
 */
export function eventOutput(
  format: Format | undefined,
  namespace: string,
  stdout: { readonly isTTY?: boolean; hasColors?(): boolean } = process.stdout,
): EventOutput {
  const isTerminal = stdout.isTTY === true;
  switch (format ?? (isTerminal ? 'table' : 'json')) {
    case 'table': {
      const style = { paint: paintFor(stdout), namespace };
      return (line) => readableLine(JSON.parse(line), Date.now(), style);
    }
    case 'yaml':
      return (line) => formattedItem(JSON.parse(line), 'yaml');
    // The frame of an event is a line already.
    case 'json':
    case 'ndjson':
      return (line) => line;
  }
}
