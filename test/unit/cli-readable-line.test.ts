import { describe, expect, it } from 'vitest';
import { COLOURED, PLAIN } from '../../src/cli/command/style.ts';
import { eventOutput } from '../../src/cli/events/event-output.ts';
import { readableLine } from '../../src/cli/events/readable-line.ts';

const PLAIN_LINE = { paint: PLAIN, namespace: '' };
const TIME = '2026-11-22T17:04:02Z';
/** Of the zone of this machine. */
const CLOCK = new Date(TIME).toTimeString().slice(0, 8);

function frame(metadata: object, namespace?: string) {
  return {
    id: '1',
    source: 'vault://test',
    time: TIME,
    data: { event: { id: '1', metadata }, event_type: 'kv-v2/data-write', namespace },
  };
}

function lineOf(value: unknown, style = PLAIN_LINE) {
  return readableLine(value, Date.parse(TIME), style);
}

describe('the line of an event', () => {
  it('has the local time, the type, the path and the operation', () => {
    const metadata = { path: 'secret/data/app', data_path: 'other', operation: 'data-write' };
    expect(lineOf(frame(metadata))).toBe(
      `${CLOCK}  kv-v2/data-write  secret/data/app  data-write\n`,
    );
  });

  it('has the data path if there is no path, and leaves out what the event lacks', () => {
    expect(lineOf(frame({ data_path: 'secret/data/app' }))).toBe(
      `${CLOCK}  kv-v2/data-write  secret/data/app\n`,
    );
    expect(lineOf(frame({}))).toBe(`${CLOCK}  kv-v2/data-write\n`);
    expect(lineOf({ event_type: 'a/b' })).toBe(`${CLOCK}  a/b\n`);
    expect(lineOf([])).toBe(`${CLOCK}\n`);
  });

  it('reads the form that is published too, which may have no time', () => {
    expect(lineOf({ event_type: 'a/b', metadata: { path: 'x' }, namespace: 'team/' })).toBe(
      `${CLOCK}  a/b  x  in team\n`,
    );
  });

  it.each([
    ['team-a/', 'team-a', ''],
    ['team-a/', '/team-a/', ''],
    ['team-a/', '', '  in team-a'],
    ['team-a/prod/', 'team-a', '  in team-a/prod'],
    ['', 'team-a', '  in root'],
  ])('names the namespace %j for a request in %j only if it is another', (own, request, end) => {
    const line = lineOf(frame({ path: 'x' }, own), { paint: PLAIN, namespace: request });
    expect(line).toBe(`${CLOCK}  kv-v2/data-write  x${end}\n`);
  });

  it('shows what would control the terminal or turn the text around', () => {
    const path = 'a\x1b[2J\nb\r\u202e\u2066\u009b\u2028c';
    expect(lineOf(frame({ path, operation: 7 }))).toBe(
      `${CLOCK}  kv-v2/data-write  a\\u001b[2J\\u000ab\\u000d\\u202e\\u2066\\u009b\\u2028c  7\n`,
    );
    expect(lineOf({ ...frame({}), time: 'now\x07' })).toBe('now\\u0007  kv-v2/data-write\n');
  });

  it('has colours where they are wanted', () => {
    const line = lineOf(frame({ path: 'x' }), { paint: COLOURED, namespace: '' });
    expect(line).toBe(
      `\x1b[2m${CLOCK}\x1b[22m  \x1b[36mkv-v2/data-write\x1b[39m  \x1b[1mx\x1b[22m\n`,
    );
  });
});

describe('the output of a subscription', () => {
  const text = `${JSON.stringify(frame({ path: 'x' }))}\n`;
  const terminal = { isTTY: true, hasColors: () => true };
  const dull = { isTTY: true, hasColors: () => false };

  it('is the frame as it came in a pipe, and wherever JSON is asked for', () => {
    const spaced = '{ "id" : 1 }\n';
    expect(eventOutput(undefined, '', {})(spaced)).toBe(spaced);
    expect(eventOutput('json', '', terminal)(spaced)).toBe(spaced);
    expect(eventOutput('ndjson', '', terminal)(spaced)).toBe(spaced);
  });

  it('is a readable line at a terminal, in colour if the terminal has any', () => {
    expect(eventOutput(undefined, '', terminal)(text)).toContain('\x1b[36mkv-v2/data-write');
    expect(eventOutput(undefined, '', dull)(text)).toBe(`${CLOCK}  kv-v2/data-write  x\n`);
    expect(eventOutput('table', '', {})(text)).toBe(`${CLOCK}  kv-v2/data-write  x\n`);
  });

  it('is one document after a line for each event in YAML, which readers of YAML 1.1 understand too', () => {
    const yaml = eventOutput('yaml', '', {});
    expect(yaml('{"id":"1","b":["x"]}') + yaml('{"id":"yes"}')).toBe(
      '---\nid: "1"\nb:\n  - x\n---\nid: "yes"\n',
    );
  });
});
