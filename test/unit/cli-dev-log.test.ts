/** How the local server shows what the Worker logs. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COLOURED, PLAIN } from '../../src/cli/command/style.ts';
import { MAX_LOG_LINES_PER_SECOND } from '../../src/cli/dev/limits.ts';
import { entriesOf, type Stream } from '../../src/cli/dev/log/entries.ts';
import { textOf } from '../../src/cli/dev/log/text.ts';
import { JsonView, TextView } from '../../src/cli/dev/log/view.ts';
import { Reminder } from '../../src/cli/dev/reminder.ts';

const TIME = new Date(2026, 10, 30, 17, 4, 2).toISOString();

function request(members: Record<string, unknown> = {}): string {
  const line = { request: 'sys/health', time: TIME, method: 'GET', status: 200, ms: 3 };
  return JSON.stringify({ ...line, ...members });
}

function shown(line: string, stream: Stream = 'stdout'): string {
  return entriesOf(line, stream)
    .map((entry) => textOf(entry, PLAIN))
    .join('');
}

describe('for people', () => {
  it('a request is one line, and what it did is below it', () => {
    const events = [
      { type: 'kv-v2/data-write', path: 'secret/data/app', id: 'a', outcome: 'accepted' },
      { type: 'deploy', path: '', id: 'b', outcome: 'duplicate', namespace: 'team-a/' },
    ];
    expect(shown(request({ method: 'POST', request: 'sys/events/publish', events }))).toBe(
      `17:04:02  POST       sys/events/publish  200  3 ms
          event      kv-v2/data-write  secret/data/app
          event      deploy  team-a/(no path)  duplicate
`,
    );
  });

  it.each([
    [{ sender: 'verified' }, 200, 'hub  github  verified'],
    [{ sender: 'verified' }, 400, 'hub  github  verified, but refused'],
    [{ sender: 'unverified' }, 401, 'hub  github  not verified'],
    [{ sender: 'challenge' }, 200, 'hub  github  challenge of the vendor'],
  ])('a delivery says whether its sender was verified: %j %i', (delivery, status, text) => {
    const webhook = { source: 'hub', kind: 'github', ...delivery };
    expect(shown(request({ status, webhook })).split('\n')[1]).toBe(`          webhook    ${text}`);
  });

  it('a subscription has its pattern and transport', () => {
    const subscription = { pattern: 'kv*', transport: 'websocket json' };
    expect(shown(request({ subscription })).split('\n')[1]).toBe(
      '          subscribe  kv*  websocket json',
    );
  });

  it('a refusal says why, and in which namespace', () => {
    const members = { namespace: 'team-a', status: 403, refused: 'permission denied' };
    expect(shown(request(members))).toBe(
      '17:04:02  GET        team-a/sys/health  403  3 ms  permission denied\n',
    );
  });

  it('an audit line is of its own kind', () => {
    const line = { audit: 'denied', time: TIME, namespace: '', path: 'sys/x', reason: 'no_token' };
    expect(shown(JSON.stringify(line))).toBe(
      '17:04:02  audit      denied  path=sys/x  reason=no_token\n',
    );
  });

  it('an error has its stack below it', () => {
    const error = JSON.stringify({ error: 'a request failed', cause: 'Error: x\n    at f' });
    expect(shown(error, 'stderr')).toBe(
      '          error      a request failed\n          Error: x\n              at f\n',
    );
  });

  it('what workerd says itself stays as it is', () => {
    expect(shown('workerd/server/server.c++:1: error: {', 'stderr')).toBe(
      'workerd/server/server.c++:1: error: {\n',
    );
    expect(shown('{"half":', 'stdout')).toBe('{"half":\n');
  });

  it('nothing that a client sent controls the terminal', () => {
    const evil = '\x1b[2J\r\u009b';
    const events = [{ type: evil, path: evil, id: evil, outcome: 'accepted' }];
    const line = request({ request: evil, refused: evil, events });
    const audit = JSON.stringify({ audit: 'denied', time: TIME, path: evil, [evil]: [evil] });
    for (const text of [shown(line), shown(audit), shown(evil)]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });

  it('has colours on a terminal', () => {
    const [entry] = entriesOf(request({ status: 500 }), 'stdout');
    expect(textOf(entry, COLOURED)).toContain('\x1b[31m500\x1b[39m');
  });
});

/** A writer that keeps what it is given, as long as it takes any. */
class Kept {
  text = '';
  isFull = false;

  write(text: string): boolean {
    if (this.isFull) return false;
    this.text += text;
    return true;
  }

  async end(): Promise<void> {}

  lines(): string[] {
    return this.text.trimEnd().split('\n');
  }
}

describe('a burst', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const BURST = 3 * MAX_LOG_LINES_PER_SECOND;

  function burst(view: TextView, status: number, line = request({ status })): void {
    for (let sent = 0; sent < BURST; sent++) view.show(entriesOf(line, 'stdout'));
  }

  it('is shown up to the limit of lines, and counted beyond it', () => {
    const kept = new Kept();
    const view = new TextView(kept, { paint: PLAIN });
    burst(view, 200);
    burst(view, 429);
    expect(kept.lines()).toHaveLength(MAX_LOG_LINES_PER_SECOND);
    vi.advanceTimersByTime(1000);
    expect(kept.lines()).toHaveLength(MAX_LOG_LINES_PER_SECOND + 1);
    const hidden = 2 * BURST - MAX_LOG_LINES_PER_SECOND;
    expect(kept.lines().at(-1)).toBe(
      `          … and ${hidden} more requests, ${BURST} of them failed`,
    );
    burst(view, 200);
    expect(kept.lines()).toHaveLength(2 * MAX_LOG_LINES_PER_SECOND + 1);
  });

  it('does not hide an error', () => {
    const kept = new Kept();
    const view = new TextView(kept, { paint: PLAIN });
    burst(view, 200);
    view.show(entriesOf('{"error":"a request failed"}', 'stderr'));
    expect(kept.lines().at(-1)).toBe('          error      a request failed');
  });

  it('of errors is counted too', () => {
    const kept = new Kept();
    const view = new TextView(kept, { paint: PLAIN });
    burst(view, 500, '{"error":"x"}');
    view.end();
    const hidden = BURST - MAX_LOG_LINES_PER_SECOND;
    expect(kept.lines().at(-1)).toBe(`          … and ${hidden} other lines`);
  });

  it('is counted when its reader does not read', () => {
    const kept = new Kept();
    const view = new TextView(kept, { paint: PLAIN });
    kept.isFull = true;
    view.show(entriesOf(request(), 'stdout'));
    vi.advanceTimersByTime(1000);
    kept.isFull = false;
    view.end();
    expect(kept.text).toBe('          … and 1 more requests\n');
  });

  it('prints the address and the token again when it is over and has filled the screen', () => {
    const printed: string[] = [];
    const reminder = new Reminder({ isTTY: true, rows: 10 }, (text) => printed.push(text));
    reminder.watch('export');
    reminder.scroll(9);
    vi.advanceTimersByTime(60_000);
    expect(printed).toEqual([]);
    reminder.scroll(1);
    vi.advanceTimersByTime(1000);
    reminder.scroll(1);
    vi.advanceTimersByTime(1000);
    expect(printed).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(printed).toEqual(['export']);
    reminder.scroll(9);
    vi.advanceTimersByTime(60_000);
    expect(printed).toEqual(['export']);
  });

  it('prints nothing again where there is no terminal, or the server ends', () => {
    const printed: string[] = [];
    for (const isTTY of [false, true]) {
      const reminder = new Reminder({ isTTY, rows: 10 }, (text) => printed.push(text));
      reminder.watch('export');
      reminder.scroll(50);
      if (isTTY) reminder.end();
    }
    vi.advanceTimersByTime(60_000);
    expect(printed).toEqual([]);
  });
});

describe('when only problems are shown', () => {
  it('requests and audit lines are not, and warnings and errors are', () => {
    const kept = new Kept();
    const view = new TextView(kept, { paint: PLAIN, onlyProblems: true });
    view.show(entriesOf(request({ status: 500 }), 'stdout'));
    view.show(entriesOf('{"audit":"denied"}', 'stdout'));
    view.show(entriesOf('{"source":"hub","refused":"no signature","status":401}', 'stderr'));
    view.show(entriesOf('{"error":"x"}', 'stderr'));
    expect(kept.lines().map((line) => line.trim().split(' ')[0])).toEqual(['warning', 'error']);
  });
});

describe('for machines', () => {
  it('each entry is a line of JSON with its type', () => {
    const kept = new Kept();
    const view = new JsonView(kept);
    const events = [{ type: 'kv', path: 'a', id: 'x', outcome: 'accepted' }];
    view.show(entriesOf(request({ events, accessor: 'root' }), 'stdout'));
    view.show(entriesOf('{"audit":"denied","reason":"no_token"}', 'stdout'));
    view.show(entriesOf('{"source":"hub","refused":"x","status":401}', 'stderr'));
    view.show(entriesOf('what workerd says', 'stderr'));
    const event = { event_type: 'kv', path: 'a', id: 'x', outcome: 'accepted' };
    const first = { path: 'sys/health', time: TIME, method: 'GET', status: 200, ms: 3 };
    expect(kept.lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'request', ...first, accessor: 'root' },
      { type: 'event', time: TIME, ...event },
      { type: 'audit', action: 'denied', reason: 'no_token' },
      { type: 'warning', source: 'hub', refused: 'x', status: 401 },
      { type: 'output', text: 'what workerd says' },
    ]);
  });

  it('what a reader was too slow for is counted', () => {
    const kept = new Kept();
    const view = new JsonView(kept);
    kept.isFull = true;
    view.show(entriesOf(request(), 'stdout'));
    view.show(entriesOf(request(), 'stdout'));
    kept.isFull = false;
    view.show(entriesOf('x', 'stdout'));
    view.end();
    expect(kept.lines()).toEqual(['{"type":"dropped","lines":2}', '{"type":"output","text":"x"}']);
  });
});
