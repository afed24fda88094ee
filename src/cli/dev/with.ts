/** `--with NAME=file`: Workers that run beside the local server, for destinations of type `worker`. */
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { checkBindingName } from '../../config/destination-bindings.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed, wrongUse } from '../command/command.ts';
import { reasonOfFileError } from '../input/files.ts';

/** The code of each Worker, by the name of its binding. */
export type WorkersBeside = ReadonlyMap<string, string>;

const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx'];

/** @param options the values of `--with` */
export function readWorkersBeside(options: readonly string[]): CommandResult<WorkersBeside> {
  const workers = new Map<string, string>();
  for (const text of options) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals));
    const file = text.slice(equals + 1);
    if (name === '' || file === '') {
      return wrongUse(
        `--with is ${quote(text)}; it must be NAME=file, such as CACHE=./dist/worker.js`,
      );
    }
    const checked = checkBindingName(name);
    if (!checked.ok) return wrongUse(`--with ${name}: ${quote(name)} ${checked.failure.message}`);
    if (workers.has(name)) return wrongUse(`--with ${name} is given twice`);
    const code = readModule(file);
    if (!code.ok) return failed(`--with ${name}: ${code.failure.message}`);
    workers.set(name, code.value);
  }
  return ok(workers);
}

/** The value of `DESTINATION_BINDINGS` with which each destination may use these Workers. */
export function bindingsOf(workers: WorkersBeside): string {
  const all = [...workers.keys()].map((name) => [name, { kind: 'worker', namespaces: ['*'] }]);
  return JSON.stringify(Object.fromEntries(all));
}

/** workerd runs it as it is: one module of JavaScript, whose default export is a class. */
function readModule(file: string): CommandResult<string> {
  if (TYPESCRIPT.includes(extname(file))) {
    return failed(
      `${file} is TypeScript; bundle it first, with "npx wrangler deploy --dry-run --outdir dist" or "npx esbuild ${file} --bundle --format=esm --external:cloudflare:workers --outfile=worker.js", and give what that writes`,
    );
  }
  let code: string;
  try {
    // A pipe would be waited for.
    if (!statSync(file).isFile()) return failed(`${file} is not a file`);
    code = readFileSync(file, 'utf8');
  } catch (error) {
    return failed(`cannot read ${file}: ${reasonOfFileError(error)}`);
  }
  return /\bexport\b/.test(code)
    ? ok(code)
    : failed(
        `${file} is no ES module: it exports nothing. Its default export must be a class that extends WorkerEntrypoint and has the method events(batch)`,
      );
}
