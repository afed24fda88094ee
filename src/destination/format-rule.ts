/** Which formats a target takes. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Format, TargetSettings } from './settings.ts';

/** A webhook of several events is a list of CloudEvents: the other modes of CloudEvents have room for one. */
const OF_SEVERAL: readonly Format[] = ['cloudevents-batch', 'vault'];

/** A Worker and a queue are given objects, which are no HTTP request. */
const OF_OBJECTS: readonly Format[] = ['cloudevents-structured', 'vault'];

/** The message of a failure is a sentence. */
export function checkFormat(
  format: Format,
  type: TargetSettings['type'],
  batchMaxEvents: number,
): Result<undefined> {
  if (type !== 'webhook') {
    return OF_OBJECTS.includes(format)
      ? ok(undefined)
      : invalid(
          `format is ${quote(format)}; a destination of type ${quote(type)} is given each event as an object, so it is one of ${OF_OBJECTS.map(quote).join(', ')}`,
        );
  }
  return batchMaxEvents === 1 || OF_SEVERAL.includes(format)
    ? ok(undefined)
    : invalid(
        `format is ${quote(format)}, which has one event a request, and batch_max_events is ${batchMaxEvents}; set batch_max_events to 1, or format to one of ${OF_SEVERAL.map(quote).join(', ')}`,
      );
}

/** The format of a destination whose settings name none. */
export function defaultFormat(type: TargetSettings['type'], batchMaxEvents: number): Format {
  return type === 'webhook' && batchMaxEvents > 1 ? 'cloudevents-batch' : 'cloudevents-structured';
}
