/**
 * Stands in for the package uuid in the bundle of the Worker, and saves 5 KiB. `cloudevents` only calls `v4`, and the bundle
 * would have all versions, with their own MD5 and SHA-1.
 */
export function v4(): string {
  return crypto.randomUUID();
}
