/** Why a handshake was refused, if the WebSocket shows the answer. `ws` does, and those of browsers do not. */
import { MAX_REFUSAL_BYTES } from './bounds.ts';
import { failureOf, type RequestFailure } from './request.ts';
import type { HandshakeResponse } from './runtime.ts';

/** @param url of the subscription */
export async function refusalIn(
  response: HandshakeResponse,
  url: URL,
  byTicket: boolean,
): Promise<RequestFailure> {
  const { statusCode: status = 0, headers } = response;
  const get = (name: string) => headers[name.toLowerCase()]?.toString() ?? null;
  return failureOf({ status, headers: { get }, text: await textOf(response) }, url, byTicket);
}

async function textOf(response: HandshakeResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response) {
      if (!(chunk instanceof Uint8Array)) break;
      bytes += chunk.byteLength;
      if (bytes > MAX_REFUSAL_BYTES) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // The connection broke. The status and the headers are there.
  }
  return text;
}
