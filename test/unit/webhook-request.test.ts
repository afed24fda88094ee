/** The address that a vendor has called and signed, to the byte. */
import { expect, it } from 'vitest';
import { calledUrl } from '../../src/ingest/webhooks/request.ts';

const SEEN = 'https://worker.example.com/v1/sys/events/in/from';
const WRITTEN = 'https://hooks.example.com/twilio';

it.each(['', '?', '?a=1&b=%20c', '?a=\'b\'&q="x"', '?a?b', '?foo=<bar>', '?a=é'])(
  'has the query %j as it came, whether the source has a url or not',
  (query) => {
    expect(calledUrl(SEEN + query, undefined)).toBe(SEEN + query);
    expect(calledUrl(SEEN + query, WRITTEN)).toBe(WRITTEN + query);
  },
);
