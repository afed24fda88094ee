/** `carillon forward audit` */
import { resolve } from 'node:path';
import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import type { Values } from '../command/arguments.ts';
import { type Command, type CommandResult, failed, wrongUse } from '../command/command.ts';
import { stopOnSignals } from '../command/stopping.ts';
import { readSecret } from '../input/input.ts';
import { anonymousServerOf, SERVER_HELP, SERVER_OPTIONS, withToken } from '../server/server.ts';
import { forwardFile } from './forward-file.ts';
import { parseListenAddress } from './listen.ts';
import { Progress } from './progress.ts';
import { Sender } from './sender.ts';
import { forwardSocket } from './socket-forwarder.ts';

interface Options {
  readonly file?: string;
  readonly socket?: string;
  readonly state?: string;
  readonly 'from-start'?: boolean;
}

export const forwardAudit: Command = {
  name: 'forward audit',
  summary: 'Forward the audit entries of OpenBao or Vault to a source',
  help: `Forward what a file or socket audit device of OpenBao or Vault writes to a source of the kind
vault-audit, which makes events of it. Runs until it is stopped. The position in a log is saved, so
a restart loses no entry and doubles none.

Usage: carillon forward audit --file <log> [options] <source>
       carillon forward audit --socket <address> [options] <source>

  <source>                 name of the source

Options:
  --file <log>             log of a file audit device, which may be rotated
  --state <file>           keeps the position in the log (default: <log>.carillon)
  --from-start             begin at the start of the log if no position is saved yet, not at its end
  --socket <address>       listen for socket audit devices: :9090 (only of this machine),
                           0.0.0.0:9090, or the path of a Unix socket. Entries that wait for the
                           server are in memory: prefer --file
  --secret-file <file>     file with a secret of the source, or "-" for standard input (default:
                           CARILLON_SOURCE_SECRET)
  --address <url>          address of Carillon (default: VAULT_ADDR)
${SERVER_HELP}
  -h, --help               show this

Ends with 0 on Ctrl-C and SIGTERM, 1 if the log cannot be read, 2 if the server refuses the entries,
which you have to fix first. While the server cannot be reached, it retries.

Examples:
  carillon forward audit --file /var/log/openbao/audit.log --secret-file ~/audit.secret openbao
  carillon forward audit --socket :9090 --address https://carillon.example.com openbao
`,
  options: {
    ...SERVER_OPTIONS,
    address: { type: 'string' },
    file: { type: 'string' },
    state: { type: 'string' },
    'from-start': { type: 'boolean' },
    socket: { type: 'string' },
    'secret-file': { type: 'string' },
  },
  async run(values, positionals) {
    const checked = checkArguments(values, positionals);
    if (!checked.ok) return checked;
    const [source = ''] = positionals;
    const { file, socket, state } = values as Options;
    const address = parseListenAddress(socket ?? ':0');
    if (!address.ok) return wrongUse(address.failure.message);
    const server = await serverWithSecret(values);
    if (!server.ok) return server;

    const stopping = stopOnSignals();
    const progress = new Progress(process.stderr, Date.now);
    const sender = new Sender(server.value, source, progress, stopping);
    const { stop } = stopping;
    progress.start();
    try {
      if (file === undefined) {
        return ok(await forwardSocket(address.value, { sender, progress, stop }));
      }
      const exitCode = await forwardFile({
        log: resolve(file),
        statePath: resolve(state ?? `${file}.carillon`),
        fromStart: values['from-start'] === true,
        source: `${trimSlashes(server.value.namespace)}/${source}`,
        sender,
        progress,
        stop,
      });
      return ok(exitCode);
    } finally {
      progress.summarise();
    }
  },
};

function checkArguments(values: Values, positionals: readonly string[]): CommandResult<void> {
  const { file, socket, state } = values as Options;
  const [source] = positionals;
  if (!source) return wrongUse('the name of the source is missing');
  if (positionals.length > 1) return wrongUse('there are too many arguments');
  // A URL would resolve the segment, and name another path.
  if (source.includes('/') || dotSegment(source) !== undefined) {
    return wrongUse(`${JSON.stringify(source)} cannot be the name of a source`);
  }
  if (file === '' || state === '') return wrongUse('a path is empty');
  if ((file === undefined) === (socket === undefined)) {
    return wrongUse('give one of --file and --socket');
  }
  if (socket !== undefined && (state !== undefined || values['from-start'] !== undefined)) {
    return wrongUse(
      'a socket has no position to resume at: --state and --from-start are for --file',
    );
  }
  return ok(undefined);
}

/** The server, with the secret of the source as its token. */
async function serverWithSecret(values: Values): Promise<CommandResult<Server>> {
  const anonymous = anonymousServerOf(values);
  if (!anonymous.ok) return anonymous;
  const { 'secret-file': file } = values as { 'secret-file'?: string };
  // The secret is no argument, because other users can read the arguments of a process.
  const secret =
    file === undefined
      ? ok(process.env.CARILLON_SOURCE_SECRET?.trim() ?? '')
      : await readSecret(file);
  if (!secret.ok) return secret;
  if (secret.value === '') {
    return failed(
      'there is no secret of the source; set CARILLON_SOURCE_SECRET, or give --secret-file',
    );
  }
  const name = file === undefined ? 'CARILLON_SOURCE_SECRET' : '--secret-file';
  return withToken(anonymous.value, secret.value, `the secret of ${name}`);
}
