/** Compares what a document shows with what was printed. Ids, times and cursors differ each time. */

/** In a document, stands for any text within a line; on a line of its own, for any lines. */
const ELLIPSIS = '…';

/** Values that differ from run to run. A document shows those of one run. */
const VARYING: readonly RegExp[] = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g,
  /\b\d\d:\d\d:\d\d\b/g,
  /\bcc2\.[\w-]{30,}/g,
  /\bct[kt]\.[\w.-]{20,}/g,
];

/** Whether the output has these lines, one after the other. */
export function showsText(expected: string, output: string): boolean {
  const lines = expected.trim().split('\n');
  const patterns = lines.map((line) => {
    if (line.trim() === ELLIPSIS) return '(?:.*\\n)*?';
    return `[ \\t]*${escaped(wildcarded(line.trim()))}[ \\t]*\\n`;
  });
  return new RegExp(`^${patterns.join('')}`, 'm').test(`${output}\n`);
}

/**
 * Whether a line or a run of lines of the output is this JSON, whatever its blanks and the order of its keys. An object
 * that has `"…": "…"` may have any other members.
 */
export function showsJson(expected: string, output: string): boolean {
  const wanted: unknown = JSON.parse(expected);
  return jsonOf(output).some((found) => matches(wanted, found));
}

function matches(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === 'string' && typeof found === 'string') {
    return new RegExp(`^${escaped(wildcarded(wanted))}$`, 's').test(found);
  }
  if (Array.isArray(wanted) && Array.isArray(found)) {
    return wanted.length === found.length && wanted.every((item, n) => matches(item, found[n]));
  }
  if (isObject(wanted) && isObject(found)) {
    const keys = Object.keys(wanted).filter((key) => key !== ELLIPSIS);
    const mayHaveMore = keys.length < Object.keys(wanted).length;
    if (!mayHaveMore && keys.length !== Object.keys(found).length) return false;
    return keys.every((key) => Object.hasOwn(found, key) && matches(wanted[key], found[key]));
  }
  return wanted === found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every JSON document of an output: a line, or lines from one that opens a bracket to one that closes it. */
function jsonOf(output: string): unknown[] {
  const lines = output.split('\n');
  return lines.flatMap((line, start) => {
    // wscat marks what it receives.
    const first = line.replace(/^< /, '');
    if (!/^[[{]/.test(first)) return [];
    for (let end = start + 1; end <= lines.length; end++) {
      if (!/[\]}]\s*$/.test(lines[end - 1] ?? '')) continue;
      try {
        return [JSON.parse([first, ...lines.slice(start + 1, end)].join('\n')) as unknown];
      } catch {
        // It goes on.
      }
    }
    return [];
  });
}

function wildcarded(text: string): string {
  return VARYING.reduce((left, pattern) => left.replace(pattern, ELLIPSIS), text);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(ELLIPSIS, '.*?');
}
