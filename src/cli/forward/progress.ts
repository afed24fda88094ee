/** The counts of the forwarder, which the status line and the summary show. */
import { type Screen, StatusLine } from '../command/status-line.ts';
import { FORWARD_REMARK_INTERVAL_MS } from './limits.ts';

/** What the server did with the entries of a request. */
export interface DeliveryCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly dropped: number;
}

export class Progress {
  readonly #line: StatusLine;
  readonly #now: () => number;
  readonly #saidOnce = new Set<string>();
  readonly #counts = { read: 0, accepted: 0, duplicates: 0, dropped: 0, passedOver: 0, lost: 0 };
  #behindBytes = 0;
  #sentUpTo = Number.NaN;
  #lastRemarkAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  #failed = false;

  constructor(screen: Screen, now: () => number) {
    this.#line = new StatusLine(screen, () => this.#text());
    this.#now = now;
  }

  start(): void {
    this.#line.start();
  }

  draw(): void {
    this.#line.draw();
  }

  say(message: string): void {
    this.#line.say(message);
  }

  /** Says a message once, however often it is true. */
  sayOnce(message: string): void {
    if (this.#saidOnce.has(message)) return;
    this.#saidOnce.add(message);
    this.say(message);
  }

  /** Says why the command ends. */
  fail(message: string): 1 {
    this.#failed = true;
    this.say(`carillon: ${message}`);
    return 1;
  }

  read(lines: number): void {
    this.#counts.read += lines;
  }

  answered({ accepted, duplicates, dropped }: DeliveryCounts): void {
    this.#counts.accepted += accepted;
    this.#counts.duplicates += duplicates;
    this.#counts.dropped += dropped;
  }

  /** Counts a line that cannot be sent. A file may have many of them, so only some get a message. */
  passedOver(message: string): void {
    this.#counts.passedOver++;
    if (this.#now() - this.#lastRemarkAt < FORWARD_REMARK_INTERVAL_MS) {
      this.#unsaid++;
      return;
    }
    this.say(this.#unsaid === 0 ? message : `${message}, and ${this.#unsaid} lines before it`);
    this.#lastRemarkAt = this.#now();
    this.#unsaid = 0;
  }

  lost(entries: number): void {
    this.#counts.lost += entries;
  }

  /**
   * @param bytes that are still to be sent
   * @param sentUpTo when the last entry that was sent was written; NaN if that is not known
   */
  behind(bytes: number, sentUpTo: number): void {
    this.#behindBytes = bytes;
    this.#sentUpTo = sentUpTo;
  }

  summarise(): void {
    this.#line.stop(this.#failed && this.#counts.read === 0 ? undefined : this.#text());
  }

  #text(): string {
    const { read, accepted, duplicates, dropped, passedOver, lost } = this.#counts;
    const problems: [number, string][] = [
      [dropped, 'dropped by the server'],
      [passedOver, 'lines passed over'],
      [lost, 'entries lost'],
    ];
    return [
      `${counted(read)} entries read`,
      `${counted(accepted)} events accepted`,
      `${counted(duplicates)} duplicates`,
      ...problems
        .filter(([count]) => count > 0)
        .map(([count, what]) => `${counted(count)} ${what}`),
      this.#lag(),
    ].join(', ');
  }

  #lag(): string {
    if (this.#behindBytes === 0) return 'nothing waits';
    const seconds = Math.max(0, Math.round((this.#now() - this.#sentUpTo) / 1000));
    const time = Number.isNaN(seconds) ? '' : ` (${counted(seconds)} s)`;
    return `${byteSize(this.#behindBytes)} behind${time}`;
  }
}

function counted(count: number): string {
  return count.toLocaleString('en-US');
}

function byteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
