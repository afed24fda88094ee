import type { TargetSettings } from './settings.ts';

/** Whether a webhook is written for another server than the webhook before: then its secrets are not kept. */
export function isOtherServer(before: TargetSettings | undefined, after: TargetSettings): boolean {
  if (before?.type !== 'webhook' || after.type !== 'webhook') return false;
  return new URL(before.url).origin !== new URL(after.url).origin;
}
