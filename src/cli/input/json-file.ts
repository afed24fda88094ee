/** A JSON object that a command reads from a file. */
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { readInput } from './input.ts';

/** @param file `-` for standard input; undefined for an empty object */
export async function objectFrom(
  file: string | undefined,
): Promise<CommandResult<Record<string, unknown>>> {
  if (file === undefined) return ok({});
  const text = await readInput(file);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (!json.ok) return failed(`${file}: ${json.failure.message}`);
  return isJsonObject(json.value)
    ? ok(json.value)
    : failed(`${file} must be a JSON object, not ${kindOf(json.value)}`);
}
