/** What the checks found: printed as they end, or at the end as one value. */
import { ok } from '../../lib/result.ts';
import type { CommandResult, ExitCode } from '../command/command.ts';
import { type Format, formatted, formattedItem } from '../command/format.ts';
import { visible } from '../command/visible.ts';

export interface Finding {
  readonly result: 'ok' | 'failed' | 'skipped';
  /** What was found, and what to do if it is wrong. */
  readonly detail: string;
  /** Numbers, with the unit in the name. */
  readonly measured?: Readonly<Record<string, number>>;
}

export const passed = (detail: string, measured?: Finding['measured']): Finding => ({
  result: 'ok',
  detail,
  ...(measured && { measured }),
});

export const broken = (detail: string, measured?: Finding['measured']): Finding => ({
  result: 'failed',
  detail,
  ...(measured && { measured }),
});

export const skipped = (detail: string): Finding => ({ result: 'skipped', detail });

const RESULT_WIDTH = 'skipped'.length + 2;
const NAME_WIDTH = 'root token'.length + 2;

export class Report {
  readonly #address: string;
  readonly #format: Format;
  readonly #findings: ({ readonly check: string } & Finding)[] = [];

  constructor(address: string, format: Format) {
    this.#address = address;
    this.#format = format;
  }

  add(check: string, finding: Finding): Finding {
    const entry = { check, ...finding };
    this.#findings.push(entry);
    if (this.#format === 'ndjson') process.stdout.write(formattedItem(entry, 'ndjson'));
    if (this.#format === 'table') process.stdout.write(lineOf(entry));
    return finding;
  }

  /** @returns the exit code: 1 if a check failed */
  end(): CommandResult<ExitCode> {
    const count = (result: Finding['result']) =>
      this.#findings.filter((each) => each.result === result).length;
    const failed = count('failed');
    if (this.#format === 'table') {
      process.stdout.write(`${count('ok')} ok, ${failed} failed, ${count('skipped')} skipped\n`);
    } else if (this.#format !== 'ndjson') {
      const report = { address: this.#address, ok: failed === 0, checks: this.#findings };
      process.stdout.write(formatted(report, this.#format));
    }
    return ok(failed === 0 ? 0 : 1);
  }
}

function lineOf({ check, result, detail }: { readonly check: string } & Finding): string {
  return `${result.padEnd(RESULT_WIDTH)}${check.padEnd(NAME_WIDTH)}${visible(detail)}\n`;
}
