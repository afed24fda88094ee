/** SHA-256, of bytes or of a text as UTF-8. */
export function sha256(data: string | Uint8Array): Promise<ArrayBuffer> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return crypto.subtle.digest('SHA-256', bytes);
}
