/** `carillon status` */
import { ok } from '../../lib/result.ts';
import { command, failed, status } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { print } from '../command/output.ts';
import { anonymousServerOf, SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { readHealth } from './health.ts';
import { reportTable, type StatusReport } from './report.ts';
import { readView, viewWithoutToken } from './token-view.ts';

export const statusCommand = command({
  name: 'status',
  summary: 'Show the server, the token, and what the token sees',
  description:
    'Show the state of the server at VAULT_ADDR, whose token is used and what it may do, the namespaces below that of the request, its hubs with their subscribers, and its destinations. A part that the token may not see says so.',
  options: { ...SERVER_OPTIONS, ...FORMAT_OPTIONS },
  notes:
    'A Carillon in front of an OpenBao or a Vault shows both servers, if the token is one of Carillon.',
  ends: 'Ends with 0 if the server can be used, 2 if it is sealed or has no root token yet, and 1 if it does not answer. A token that does not work is shown, and does not change that.',
  misuseCode: 1,
  examples: ['carillon status', 'carillon status --format json | jq .token.policies'],
  async run(values) {
    const anonymous = anonymousServerOf(values);
    if (!anonymous.ok) return anonymous;
    const address = anonymous.value.url.href.replace(/\/$/, '');
    if (!process.env.VAULT_ADDR) status(`VAULT_ADDR is not set; ${address} is the default`);
    const server = serverOf(values);
    const health = await readHealth(server.ok ? server.value : anonymous.value);
    if (!health.ok) {
      show({ address, reachable: false }, values);
      return failed(health.failure.message);
    }
    const view = server.ok
      ? await readView(server.value)
      : viewWithoutToken(server.failure.message);
    const { upstream = null, server: state } = health.value;
    const { namespace } = anonymous.value;
    show({ address, reachable: true, ...state, upstream, namespace, ...view }, values);
    return ok(state.initialized && !state.sealed ? 0 : 2);
  },
});

function show(report: StatusReport, values: Parameters<typeof print>[2]): void {
  print({ data: {}, auth: undefined, warnings: [], body: report }, reportTable(report), values);
}
