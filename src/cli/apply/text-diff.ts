/** The lines in which two texts differ, as `diff -u` shows them. Pure. */
import { structuredPatch } from 'diff';
import { MAX_APPLY_DIFF_LINES } from './limits.ts';
import { normalText } from './state.ts';

const TOO_DIFFERENT = '(too many lines differ to show them)';

/** Each line begins with `+`, `-`, a blank or `@@`. */
export function textDiff(before: string, after: string): string[] {
  const patch = structuredPatch('', '', lines(before), lines(after), '', '', {
    context: 2,
    maxEditLength: MAX_APPLY_DIFF_LINES,
  });
  if (patch === undefined) return [TOO_DIFFERENT];
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}

function lines(text: string): string {
  return text === '' ? '' : `${normalText(text)}\n`;
}
