/**
 * Reads the beginning of a body, and cancels the rest, however long it is. What was read counts even if the body breaks off: the
 * status has said what matters.
 */
export async function readStart(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  const reader = body?.getReader();
  try {
    while (reader !== undefined && length < maxBytes) {
      const { done, value } = await reader.read();
      if (done) return bytes.subarray(0, length);
      const part = value.subarray(0, maxBytes - length);
      bytes.set(part, length);
      length += part.length;
    }
    await reader?.cancel();
  } catch {
    // The connection is gone, or the time is over.
  }
  return bytes.subarray(0, length);
}
