import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AUDITED_ACTIONS } from '../../src/http/audited-actions.ts';

it('the document about security lists every action of the audit log, and no other', () => {
  const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const section = text.split('\n## The audit log\n')[1]?.split(/\n##+ /)[0] ?? '';
  const [, table = ''] = section.split('|---|---|\n');
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) => {
    const [, cell = ''] = row.split('|');
    return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  });
  expect(listed).toEqual(AUDITED_ACTIONS);
});
