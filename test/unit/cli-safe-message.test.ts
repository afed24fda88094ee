import { expect, it } from 'vitest';
import { safeMessage } from '../../src/cli/command/visible.ts';

it.each([
  ['a newline', 'x\n::error::pwned.yaml:1:1', 'x\\u000a::error::pwned.yaml:1:1'],
  ['a carriage return', 'x\r::error::', 'x\\u000d::error::'],
  ['an escape sequence', 'cannot read \u001b[2Ja', 'cannot read \\u001b[2Ja'],
  ['a change of direction', 'a\u202eb', 'a\\u202eb'],
])('a message shows %s', (_, message, shown) => {
  expect(safeMessage(message)).toBe(shown);
});

it.each(['ctk.abc.def', 'ctt.abc', 'hvs.abc', `dev-${'0123456789abcdef'.repeat(2)}`])(
  'a message hides what may be a token: %s',
  (token) => {
    const said = safeMessage(`--count is "${token}"; give a number`);
    expect(said).toMatch(/^--count is "\w+(\.|-)?…"; give a number$/);
  },
);

it('a message shortens a word that nobody can read, and no other', () => {
  expect(safeMessage(`cannot read ${'a'.repeat(120_000)}: no`)).toBe(
    `cannot read ${'a'.repeat(90)}… no`,
  );
  const path = `/${'folder/'.repeat(100)}file`;
  expect(safeMessage(`cannot read ${path}: no`)).toBe(`cannot read ${path}: no`);
});
