/** The entries among lines; what is passed over is said. */
import { type Entry, judge } from './entry.ts';
import type { Line } from './line-splitter.ts';
import type { Progress } from './progress.ts';

/** @param origin of the lines: a file, a connection */
export function sift(lines: readonly Line[], origin: string, progress: Progress): Entry[] {
  progress.read(lines.length);
  return lines.flatMap((line) => {
    const verdict = judge(line);
    if ('entry' in verdict) return [verdict.entry];
    if ('passedOver' in verdict) {
      progress.passedOver(
        `${origin}: the line at offset ${line.offset}, of ${line.length} bytes, is passed over: ${verdict.passedOver}`,
      );
    }
    return [];
  });
}
