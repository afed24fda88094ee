/** A delivery as the tests of sources send it. */
import type { Sent } from '../../../src/ingest/webhooks/scheme.ts';

export function sentWith(
  headers: Headers | Readonly<Record<string, string>>,
  body: string,
  given: Partial<Sent> = {},
): Sent {
  const url = given.url ?? 'https://events.example.com/v1/sys/events/in/from';
  return {
    method: 'POST',
    url,
    query: new URL(url).searchParams,
    headers: new Headers(headers),
    body: new TextEncoder().encode(body),
    token: undefined,
    ...given,
  };
}
