/** `application/x-protobuf`: one `EventReceived`, as a binary subscription sends it. */
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeProtobuf } from '../wire/protobuf.ts';
import type { Draft } from './draft.ts';

export function readProtobuf(body: Uint8Array): Result<Draft[]> {
  try {
    return ok([{ where: '', body: decodeProtobuf(body), isCloudEvent: false }]);
  } catch (error) {
    return invalid(`not a protobuf EventReceived: ${(error as Error).message}`);
  }
}
