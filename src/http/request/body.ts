/** Reads the body of a request without holding more of it than is allowed. */

import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result, tooLarge, unsupportedMediaType } from '../../lib/result.ts';
import { readBytes } from '../../lib/text.ts';
import { valuesOf } from './header.ts';

/** Rejects a compressed body, because a small one may decompress to a very large one. */
export function readUncompressedBody(
  request: Request,
  maxBytes: number,
): Promise<Result<Uint8Array>> {
  const encoding = request.headers.get('content-encoding');
  return encoding === null ||
    valuesOf(encoding).every((coding) => coding.toLowerCase() === 'identity')
    ? readBody(request, maxBytes)
    : Promise.resolve(
        unsupportedMediaType(
          `content encoding ${quote(encoding)} is not supported; send the body uncompressed`,
        ),
      );
}

export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array>> {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBytes) return bodyTooLarge(`${announced}`, maxBytes);
  try {
    // The runtime delivers no more than was announced.
    if (announced <= maxBytes) return ok(new Uint8Array(await request.arrayBuffer()));
    const body = await readBytes(request.body, maxBytes);
    return body === undefined ? bodyTooLarge(`more than ${maxBytes}`, maxBytes) : ok(body);
  } catch (error) {
    return invalid(`the body broke off: ${(error as Error).message}`);
  }
}

function bodyTooLarge(bytes: string, maxBytes: number): Result<never> {
  return tooLarge(
    `the body has ${bytes} bytes, at most ${maxBytes} are allowed; split the request`,
  );
}
