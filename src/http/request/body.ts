/** Reads a request body without ever holding more of it than is allowed. */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result, tooLarge, unsupportedMediaType } from '../../lib/result.ts';
import { valuesOf } from './header.ts';

/** Checks that a body is not compressed: what is small may be a bomb. */
export function checkEncoding(headers: Headers): Result<undefined> {
  const encoding = headers.get('content-encoding') ?? '';
  return valuesOf(encoding).every((coding) => coding.toLowerCase() === 'identity')
    ? ok(undefined)
    : unsupportedMediaType(
        `content encoding ${quote(encoding)} is not supported; send the body uncompressed`,
      );
}

export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array>> {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBytes) return bodyTooLarge(`${announced}`, maxBytes);

  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // No more comes than was announced.
    if (announced <= maxBytes) return ok(new Uint8Array(await request.arrayBuffer()));
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > maxBytes) return bodyTooLarge(`more than ${maxBytes}`, maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    return invalid(`the body broke off: ${(error as Error).message}`);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return ok(body);
}

function bodyTooLarge(bytes: string, maxBytes: number): Result<never> {
  return tooLarge(
    `the body has ${bytes} bytes, at most ${maxBytes} are allowed; split the request`,
  );
}
