/** Secrets are written to a real OpenBao, through Carillon, which makes the events. */
import { describeBreak } from './support/breaks.ts';
import { OpenBaoSite } from './support/openbao-site.ts';
import { BAO } from './support/programs.ts';
import { OPERATOR, PROXY } from './support/stock-client.ts';

describeBreak('in front of OpenBao, when the server restarts and the connection is reset', {
  open: () => OpenBaoSite.start(BAO ?? ''),
  skipped: BAO === undefined,
  members: [
    { manners: OPERATOR, pattern: 'kv*' },
    { manners: OPERATOR, pattern: 'kv-v2/data-write' },
    { manners: PROXY, pattern: 'kv*' },
  ],
  strike: async (site, connected) => {
    await site.end('SIGTERM');
    await site.start();
    const clients = connected.map(({ client }) => client);
    await Promise.all(clients.map((client) => client.until(() => client.connections.length > 1)));
    for (const { network } of connected) network.cutAll();
  },
});
