/** An answer of the upstream with a warning: the write succeeded, and its event did not. */

import { isJsonObject } from '../../lib/json.ts';
import { headerText, WARNING_HEADER } from '../warning-header.ts';
import type { ReadBody } from './body-copy.ts';

/**
 * The command lines of OpenBao and Vault show the warnings in a body. But parsing and writing again would change some texts, such
 * as large numbers: then only the header has it.
 */
export function withWarning(answer: Response, body: ReadBody, reason: string): Response {
  const warning = `the request succeeded, but its event is missing: ${reason}`;
  const json = isJsonObject(body?.json) ? body.json : {};
  const isSame = body !== undefined && JSON.stringify(json) === body.text.trimEnd();
  const { warnings } = json;
  const others = Array.isArray(warnings) ? warnings : [];
  const written = isSame
    ? `${JSON.stringify({ ...json, warnings: [...others, warning] })}\n`
    : answer.body;
  const warned = new Response(written, answer);
  if (isSame) warned.headers.delete('Content-Length');
  warned.headers.set(WARNING_HEADER, headerText(warning));
  return warned;
}
