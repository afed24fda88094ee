/** Publish requests of the CLI. */
import type { Server } from '../../client/options.ts';
import { ok, type Result } from '../../lib/result.ts';
import { type CommandResult, type ExitCode, failed, status } from '../command/command.ts';
import { type Format, formatted, formattedItem } from '../command/format.ts';
import { type Answer, type ApiFailure, requestApi } from '../server/api.ts';

/** Sends publish requests and prints their results. */
export class PublishRequests {
  readonly #server: Server;
  readonly #path: string;
  readonly #format: Format;

  constructor(server: Server, type: string | undefined, format: Format) {
    this.#server = server;
    this.#format = format;
    this.#path = `sys/events/publish${type === undefined ? '' : `/${type}`}`;
  }

  /** Publishes a body of JSON. */
  async sendJson(body: string): Promise<CommandResult<ExitCode>> {
    const answer = await this.#post('application/json', body);
    return answer.ok ? ok(0) : failed(answer.failure.message);
  }

  /** Publishes lines. The limits of the server decide how many requests that takes. */
  async sendLines(lines: readonly string[], linesBefore: number): Promise<CommandResult<ExitCode>> {
    // Blank lines are sent too, so that the line numbers of the server are those of the user.
    if (lines.every((line) => line.trim() === '')) return ok(0);
    const answer = await this.#post('application/x-ndjson', lines.join('\n'));
    if (answer.ok) return ok(0);
    const { status: code, data, message } = answer.failure;
    if (code === 413 && data === undefined && lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      const first = await this.sendLines(lines.slice(0, half), linesBefore);
      return first.ok ? this.sendLines(lines.slice(half), linesBefore + half) : first;
    }
    return failed(`${linesBefore === 0 ? '' : `after ${linesBefore} lines: `}${message}`);
  }

  async #post(contentType: string, body: string): Promise<Result<Answer, ApiFailure>> {
    const answer = await requestApi(this.#server, this.#path, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body,
      expects: { what: 'ids of events', isMet: ({ data }) => Array.isArray(data.ids) },
    });
    const data = answer.ok ? answer.value.data : (answer.failure.data ?? {});
    const { ids, failed } = data as { ids?: string[]; failed?: number[] };
    if (ids === undefined) return answer;
    this.#print(ids, failed ?? [], answer.ok ? answer.value.body : { data });
    if (answer.ok) {
      const { accepted, duplicates } = data as { accepted: number; duplicates: number };
      status(`${accepted} accepted${duplicates > 0 ? `, ${duplicates} already known` : ''}`);
      for (const warning of answer.value.warnings) status(`warning: ${warning}`);
    }
    return answer;
  }

  /** A request that failed in part can be repeated with these ids, without duplicates. */
  #print(ids: readonly string[], failed: readonly number[], body: unknown): void {
    if (this.#format === 'ndjson') {
      const lines = ids.map((id, index) => ({ id, failed: failed.includes(index) }));
      process.stdout.write(formatted(lines, 'ndjson', lines));
    } else if (this.#format === 'table') {
      for (const [index, id] of ids.entries()) {
        if (failed.includes(index)) status(`failed: ${id}`);
        else process.stdout.write(`${id}\n`);
      }
    } else {
      const print = this.#format === 'yaml' ? formattedItem : formatted;
      process.stdout.write(print(body, this.#format));
    }
  }
}
