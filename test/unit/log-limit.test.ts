import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LOGGED_FAILURES_MS, MAX_LOGGED_FAILURES } from '../../src/lib/limits.ts';
import { forgetLoggedFailures, logError } from '../../src/lib/log.ts';
import { MAX_PATHS_PER_TOKEN, MAX_POLICY_PATHS } from '../../src/policy/limits.ts';
import { parsePolicies } from '../../src/policy/policy-set.ts';

const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines.length = 0;
  forgetLoggedFailures();
  vi.useFakeTimers();
  vi.spyOn(console, 'error').mockImplementation((line) => lines.push(JSON.parse(line)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  forgetLoggedFailures();
});

it('failures of one kind are a bounded number of lines in a minute, and then it says how many there were', () => {
  for (let i = 0; i < 1000; i++) logError(`event ${i} cannot be stored`, new Error('disk full'));
  expect(lines.length).toBe(MAX_LOGGED_FAILURES);
  logError('something else failed');
  expect(lines.length).toBe(MAX_LOGGED_FAILURES + 1);
  vi.advanceTimersByTime(LOGGED_FAILURES_MS);
  logError('event 1001 cannot be stored');
  expect(lines.at(-1)).toEqual({
    error: 'event 1001 cannot be stored',
    omitted: 1000 - MAX_LOGGED_FAILURES,
  });
  logError('event 1002 cannot be stored');
  expect(lines.at(-1)).toEqual({ error: 'event 1002 cannot be stored' });
});

it('a token whose policies have too many paths is granted nothing, and the log says so', () => {
  const texts = (count: number) =>
    Array.from({ length: count }, (_, policy) => ({
      name: `p${policy}`,
      version: 1,
      text: Array.from({ length: MAX_POLICY_PATHS }, (_, i) => `path "${policy}/+/${i}" {}`).join(
        '\n',
      ),
    }));
  const most = MAX_PATHS_PER_TOKEN / MAX_POLICY_PATHS;
  expect(parsePolicies([], texts(most)).length).toBe(most);
  expect(lines).toEqual([]);
  expect(parsePolicies(['p0'], texts(most + 1))).toEqual([]);
  expect(lines[0]?.error).toContain(`more than ${MAX_PATHS_PER_TOKEN} paths`);
});
