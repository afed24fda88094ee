/** What the local server prints when it is ready: everything that the first delivered event needs. */
import { urlHost } from './address.ts';

interface Running {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly data: string | undefined;
  readonly upstream?: string | undefined;
}

export function banner({ host, port, token, data, upstream }: Running): string {
  const authority = `${urlHost(reachable(host))}:${port}`;
  const header = quoteForShell(`X-Vault-Token: ${token}`);
  const event = JSON.stringify({
    metadata: {
      path: 'secret/data/hello',
      data_path: 'secret/data/hello',
      operation: 'data-write',
      modified: 'true',
    },
  });
  return `
Carillon listens on http://${authority}

This server is for development: one process, one machine, a root token in plain sight.
State is ${data === undefined ? 'kept in a temporary folder and goes when the server ends' : `kept in ${data}`}. Ctrl-C ends it.
${passes(upstream)}
  export VAULT_ADDR=http://${authority} VAULT_TOKEN=${quoteForShell(token)}

Subscribe, in a second terminal (in this folder):

  npx wscat -c 'ws://${authority}/v1/sys/events/subscribe/kv*?json=true' -H ${header}

Publish, in a third:

  curl -H ${header} -d '${event}' http://${authority}/v1/sys/events/publish/kv-v2/data-write
`;
}

function passes(upstream: string | undefined): string {
  return upstream === undefined
    ? ''
    : `All but /v1/sys/events/*, and what is asked with this root token, is passed to ${upstream}.\n`;
}

/** An address to call, of one to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function quoteForShell(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
