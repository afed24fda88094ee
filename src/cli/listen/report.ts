/** The output of `events listen`: a line for each event that the program answered. Everything else goes to stderr. */
import type { CarillonEvent } from '../../client/event.ts';
import { status } from '../command/command.ts';
import { type Format, formattedItem } from '../command/format.ts';
import { clock } from '../command/style.ts';
import { visible } from '../command/visible.ts';
import { gapMessage } from '../events/lost-right.ts';
import type { Outcome } from './sender.ts';

type Sent = Extract<Outcome, { kind: 'delivered' | 'rejected' }>;

export class Report {
  readonly #format: Format;
  readonly #counts = { delivered: 0, rejected: 0, gaps: 0 };

  constructor(format: Format) {
    this.#format = format;
  }

  sent(event: CarillonEvent, { kind, answer, attempts }: Sent): void {
    this.#counts[kind]++;
    const { id, eventType, metadata } = event;
    const { status: answered, durationMs, reason } = answer;
    const path = metadata.path ?? '';
    if (this.#format !== 'table') {
      const line = {
        id,
        event_type: eventType,
        path,
        outcome: kind,
        status: answered,
        duration_ms: durationMs,
        attempts,
        ...(kind === 'rejected' && { reason }),
      };
      process.stdout.write(formattedItem(line, this.#format));
      return;
    }
    const tries = attempts === 1 ? '' : `, attempt ${attempts}`;
    const why = kind === 'rejected' ? `; rejected, not sent again: ${reason}` : '';
    process.stdout.write(
      `${clock(Date.now())}  ${visible(eventType)}  ${visible(path) || visible(id)}  ${answered} in ${durationMs} ms${tries}${why}\n`,
    );
  }

  /** Says that events may be missing before the next one. */
  gap(reason: string): void {
    this.#counts.gaps++;
    status(gapMessage(reason));
  }

  summarise(): void {
    const { delivered, rejected, gaps } = this.#counts;
    const parts = [
      `${delivered} delivered`,
      ...(rejected > 0 ? [`${rejected} rejected`] : []),
      ...(gaps > 0 ? [`${gaps} gap${gaps === 1 ? '' : 's'}`] : []),
    ];
    status(parts.join(', '));
  }
}
