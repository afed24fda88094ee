/** What is wrong with the lines of a file in the syntax of dotenv, which `parseEnv` passes over without a word. */

interface LineWarning {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

interface Lines {
  readonly warnings: readonly LineWarning[];
  /** The line of a value whose quote nothing closes, from 1. */
  readonly unclosed?: number;
}

/** No message quotes a line, which may be a secret. */
export function readLines(text: string): Lines {
  const lines = text.split('\n');
  const warnings: LineWarning[] = [];
  const seen = new Map<string, number>();
  for (let index = 0; index < lines.length; index++) {
    const written = (lines[index] ?? '').trim();
    if (written === '' || written.startsWith('#')) continue;
    const line = index + 1;
    const equals = written.indexOf('=');
    if (equals < 1) {
      warnings.push({ line, message: 'this line is not NAME=VALUE, so it is ignored' });
      continue;
    }
    const name = written
      .slice(0, equals)
      .replace(/^export\s+/, '')
      .trim();
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      warnings.push({
        line,
        message: `the variable of line ${earlier} is here again; this line counts`,
      });
    }
    seen.set(name, line);
    const end = lineOfClosingQuote(lines, index, written.slice(equals + 1).trimStart());
    if (end === undefined) return { warnings, unclosed: line };
    index = end;
  }
  return { warnings };
}

/**
 * The index of the line in which the value ends, which may be a later one.
 *
 * @returns undefined if nothing closes its quote
 */
function lineOfClosingQuote(
  lines: readonly string[],
  index: number,
  value: string,
): number | undefined {
  const [, quote = ''] = /^(["'`])/.exec(value) ?? [];
  if (quote === '' || value.includes(quote, 1)) return index;
  const end = lines.findIndex((line, n) => n > index && line.includes(quote));
  return end === -1 ? undefined : end;
}
