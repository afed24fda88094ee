/** The settings of a destination as an operator would write them, with every member. */

import { ROOT } from '../namespace/namespace.ts';
import { shownHeaders } from './hidden-headers.ts';
import { DEAD_LETTER_EVENT } from './parse-settings.ts';
import type { DeadLetter, DestinationSettings, TargetSettings } from './settings.ts';

/** @param namespace the path of the Vault namespace of the destination */
export function shownSettings(
  settings: DestinationSettings,
  namespace: string,
): Record<string, unknown> {
  return {
    pattern: settings.pattern,
    namespaces: settings.namespaces.slice(1).map((glob) => below(namespace, glob)),
    filter: settings.filter,
    policies: settings.policies,
    ...shownTarget(settings.target),
    format: settings.format,
    batch_max_events: settings.batchMaxEvents,
    batch_max_wait: settings.batchMaxWaitMs / 1000,
    concurrency: settings.concurrency,
    max_attempts: settings.maxAttempts,
    max_age: settings.maxAgeMs / 1000,
    dead_letter: shownDeadLetter(settings.deadLetter),
  };
}

function below(namespace: string, glob: string): string {
  return namespace === ROOT ? glob : glob.slice(namespace.length + 1);
}

function shownTarget(target: TargetSettings): Record<string, unknown> {
  if (target.type !== 'webhook') return { type: target.type, binding: target.binding };
  const { type, url, headers, handshake } = target;
  return { type, url, headers: shownHeaders(headers), handshake };
}

function shownDeadLetter(deadLetter: DeadLetter): string {
  switch (deadLetter.kind) {
    case 'event':
      return DEAD_LETTER_EVENT;
    case 'destination':
      return deadLetter.name;
    case 'pause':
      return '';
  }
}
