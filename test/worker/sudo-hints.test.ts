import { expect, it } from 'vitest';
import { needsSudo, SUDO_PATHS } from '../../src/cli/server/sudo.ts';
import { ENDPOINTS } from '../../src/http/endpoint-table.ts';

it('the command knows each path that needs sudo', () => {
  const declared = Object.entries(ENDPOINTS).filter(([, { sudo }]) => sudo === true);
  expect([...SUDO_PATHS]).toEqual(declared.map(([path]) => path).sort());
});

it.each([
  ['sys/events/hubs/*/restore', true],
  ['sys/events/quotas/team-a', true],
  ['sys/auth/jwt', true],
  ['sys/events/quota', false],
  ['sys/policies/acl/a', false],
])('%s: %j', (path, expected) => {
  expect(needsSudo(path)).toBe(expected);
});
