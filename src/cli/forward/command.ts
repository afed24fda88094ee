/** `carillon forward audit` */

import { resolve } from 'node:path';
import type { Server } from '../../client/options.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { type CommandResult, command, failed, wrongUse } from '../command/command.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { stopOnSignals } from '../command/stopping.ts';
import { readSecret } from '../input/input.ts';
import { anonymousServerOf, SERVER_OPTIONS, withToken } from '../server/server.ts';
import { forwardFile } from './forward-file.ts';
import { parseListenAddress } from './listen.ts';
import { Progress } from './progress.ts';
import { Sender } from './sender.ts';
import { forwardSocket } from './socket-forwarder.ts';

const FORWARD_OPTIONS = {
  file: {
    type: 'string',
    value: 'log',
    help: 'log of a file audit device, which may be rotated',
    completes: 'file',
  },
  state: {
    type: 'string',
    value: 'file',
    help: 'keeps the position in the log',
    defaultHelp: '<log>.carillon',
    completes: 'file',
  },
  'from-start': {
    type: 'boolean',
    help: 'begin at the start of the log if no position is saved yet, not at its end',
  },
  socket: {
    type: 'string',
    value: 'address',
    help: 'listen for socket audit devices: :9090 (only of this machine), 0.0.0.0:9090, or the path of a Unix socket. Entries that wait for the server are in memory: prefer --file',
  },
  'secret-file': {
    type: 'string',
    value: 'file',
    help: 'file with a secret of the source, or "-" for standard input',
    defaultHelp: 'CARILLON_SOURCE_SECRET',
    completes: 'file',
  },
  address: {
    type: 'string',
    value: 'url',
    help: 'address of Carillon',
    defaultHelp: 'VAULT_ADDR',
  },
  ...SERVER_OPTIONS,
} as const satisfies Options;

type ForwardValues = ValuesOf<typeof FORWARD_OPTIONS>;

export const forwardAudit = command({
  name: 'forward audit',
  summary: 'Forward the audit entries of OpenBao or Vault to a source',
  description:
    'Forward what a file or socket audit device of OpenBao or Vault writes to a source of the kind vault-audit, which makes events of it. Runs until it is stopped. The position in a log is saved, so a restart loses no entry and doubles none.',
  usage: [
    'forward audit --file <log> [options] <source>',
    'forward audit --socket <address> [options] <source>',
  ],
  arguments: [{ name: 'source', help: 'name of the source' }],
  options: FORWARD_OPTIONS,
  ends: 'Ends with 0 on Ctrl-C and SIGTERM, 1 if the log cannot be read, 2 if the server refuses the entries, which you have to fix first. While the server cannot be reached, it retries.',
  examples: [
    'carillon forward audit --file /var/log/openbao/audit.log --secret-file ~/audit.secret openbao',
    'carillon forward audit --socket :9090 --address https://carillon.example.com openbao',
  ],
  async run(values, [source = '']) {
    const checked = checkArguments(values, source);
    if (!checked.ok) return checked;
    const { file, socket, state } = values;
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
});

function checkArguments(values: ForwardValues, source: string): CommandResult<void> {
  const { file, socket, state } = values;
  // A URL would resolve the segment, and name another path.
  if (source.includes('/') || dotSegment(source) !== undefined) {
    return wrongUse(`${quote(source)} cannot be the name of a source`);
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
async function serverWithSecret(values: ForwardValues): Promise<CommandResult<Server>> {
  const anonymous = anonymousServerOf(values);
  if (!anonymous.ok) return anonymous;
  const { 'secret-file': file } = values;
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
