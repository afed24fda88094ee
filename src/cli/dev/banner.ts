/** What the local server prints when it is ready: all that a user needs for the first event. */
import { urlHost } from './address.ts';
import { IS_CLONE } from './installation.ts';
import { type RootToken, VARIABLE } from './root-token.ts';

export interface Running {
  /** The address that is bound. */
  readonly address: string;
  readonly port: number;
  readonly rootToken: RootToken;
  readonly data: string | undefined;
  readonly upstream?: string | undefined;
  /** Whether what is written through it makes events. */
  readonly hasUpstreamEvents?: boolean;
}

/** @param hasKeys whether keys of the terminal are read */
export function banner(running: Running, hasKeys: boolean): string {
  const { data, rootToken } = running;
  return `
${listening(running)}

This server is for development: one process, one machine.
State is ${data === undefined ? 'kept in a temporary folder and goes when the server ends' : `kept in ${data}`}. Ctrl-C ends it.${hasKeys ? ' "r" prints the lines below again.' : ''}
${passes(running)}${asked(rootToken)}
${exported(running)}
${toPaste(running)}`;
}

/** What somebody needs again who no longer sees the banner. */
export function reminder(running: Running): string {
  return `
${listening(running)}
${asked(running.rootToken)}
${exported(running)}
${toPaste(running)}`;
}

/** The address and the token, below a burst of lines. */
export function shortReminder(running: Running): string {
  return `\n${exported(running)}\n`;
}

function listening({ address, port }: Running): string {
  return `Carillon listens on http://${urlHost(address)}:${port}${reach(address)}`;
}

function exported({ address, port, rootToken }: Running): string {
  return `  export VAULT_ADDR=http://${hostAndPort(address, port)} VAULT_TOKEN=${shellWord('', rootToken)}`;
}

/** The lines that subscribe and publish: with this command line, and with programs that everybody has. */
function toPaste({ address, port, rootToken }: Running): string {
  const authority = hostAndPort(address, port);
  const header = shellWord('X-Vault-Token: ', rootToken);
  const event = JSON.stringify({
    metadata: {
      path: 'secret/data/hello',
      data_path: 'secret/data/hello',
      operation: 'data-write',
      modified: 'true',
    },
  });
  const environment = `VAULT_ADDR=http://${authority} VAULT_TOKEN=${shellWord('', rootToken)}`;
  return `
Subscribe, in a second terminal (in this folder):

  ${environment} npx carillon events subscribe 'kv*'
${IS_CLONE ? `  npx wscat -c 'ws://${authority}/v1/sys/events/subscribe/kv*?json=true' -H ${header}\n` : ''}
Publish, in a third:

  ${environment} npx carillon events trigger kv-v2/data-write
  curl -H ${header} -d '${event}' http://${authority}/v1/sys/events/publish/kv-v2/data-write
`;
}

function passes({ upstream, hasUpstreamEvents }: Running): string {
  if (upstream === undefined) return '';
  const events = hasUpstreamEvents
    ? ' What is written there through this address is an event.'
    : '';
  return `All but /v1/sys/events/*, and what is asked with this root token, is passed to ${upstream}.${events}\n`;
}

/** The variable of the terminal that started the server is not set in the others. */
function asked({ shell }: RootToken): string {
  return shell?.includes(`$${VARIABLE}`)
    ? `\nThese lines need the root token that you gave this server. In each terminal, set it first:\n\n  export ${VARIABLE}=<…>\n`
    : '';
}

/** What an address stands for, if it stands for several. */
function reach(address: string): string {
  if (address === '0.0.0.0') return ', which is every IPv4 address of this machine';
  return address === '::' ? ', which is every address of this machine' : '';
}

/** Where clients on this machine call. */
export function hostAndPort(address: string, port: number): string {
  return `${urlHost(reachable(address))}:${port}`;
}

/** The address to call, for an address to listen on. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** A word with the root token. A token that the user gave in secret is not printed. */
function shellWord(prefix: string, { token, shell }: RootToken): string {
  return shell === undefined ? quoteForShell(`${prefix}${token}`) : `"${prefix}${shell}"`;
}

function quoteForShell(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
