/** Audit entries as an OpenBao has written them. */
import { readFileSync } from 'node:fs';

const RECORDED = new URL('../test/fixtures/audit/openbao-2.6.2.jsonl', import.meta.url);

interface Entry {
  readonly type: string;
  readonly request: { readonly id: string; readonly path: string; readonly operation: string };
}

/** An entry of a secret of kv version 2 that was answered, of the request with this id, as a line. */
export function recorded(operation: 'update' | 'read', id: string): string {
  const entry = readFileSync(RECORDED, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
    .find(
      ({ type, request }) =>
        type === 'response' &&
        request.path === 'secret/data/app' &&
        request.operation === operation,
    );
  if (entry === undefined) throw new Error(`no ${operation} of a secret was recorded`);
  return JSON.stringify({ ...entry, request: { ...entry.request, id } });
}
