/** `carillon relay` */
import { ok } from '../../lib/result.ts';
import { type Command, failed, wrongUse } from '../command/command.ts';
import { stopOnSignals } from '../command/stopping.ts';
import { SERVER_HELP, SERVER_OPTIONS } from '../server/server.ts';
import { destinationOf } from './destination.ts';
import { ORIGIN_OPTIONS, originOf } from './origin.ts';
import { relay } from './relay.ts';
import { StateFile } from './state-file.ts';

export const relayCommand: Command = {
  name: 'relay',
  summary: 'Publish the events of a Vault or another Carillon here',
  help: `Subscribe to a Vault Enterprise, or to another Carillon, and publish its events to the server of
VAULT_ADDR, with the ids, sources, times and namespaces that they have.

Usage: carillon relay --from <address> [options]

The other side:
  --from <address>         its address: https://vault.example.com:8200
  --from-token-file <file> its token; each attempt reads the file (default: CARILLON_FROM_TOKEN)
  --from-namespace <path>  Vault namespace to subscribe in (default: the root namespace)
  --from-namespaces <glob> also events of the namespaces below that match; may be repeated
  --pattern <pattern>      event types; "*" stands for any text (default "*")
  --filter <expression>    only events for which it is true, in the language of Vault's filters
  --skip-source <source>   no events of this source; may be repeated. For relays in both directions

This side, and the position:
  --state <file>           keeps the position of the relay. With a Carillon, a relay that is started
                           again resumes there: no event is lost or published twice
${SERVER_HELP}
  -h, --help               show this

Standard error says where events may be missing, and which events this side rejected for good. Those
are printed to standard output unchanged. Ends on Ctrl-C or SIGTERM: with 0, or with 1 if events were
left unpublished. Ends with 2 if a token is refused at the start.

Examples:
  carillon relay --from https://vault.example.com:8200 --pattern 'kv*' --from-namespaces '*'
  carillon relay --from https://eu.example.com --state ./eu.json >> refused.jsonl
`,
  options: {
    ...SERVER_OPTIONS,
    ...ORIGIN_OPTIONS,
    state: { type: 'string' },
    'skip-source': { type: 'string', multiple: true },
  },
  async run(values, positionals) {
    if (positionals.length > 0) return wrongUse('"relay" takes no arguments, only options');
    const origin = await originOf(values);
    if (!origin.ok) return origin;
    const destination = await destinationOf(values);
    if (!destination.ok) return destination;
    if (destination.value.url.href === origin.value.address.href) {
      return wrongUse('--from is the server of VAULT_ADDR itself');
    }
    const { state: path, 'skip-source': skippedSources = [] } = values as {
      state?: string;
      'skip-source'?: string[];
    };
    const state = path === undefined ? undefined : StateFile.open(path, origin.value.subscription);
    if (state?.ok === false) return failed(state.failure.message);

    const options = { origin: origin.value, state: state?.value, skippedSources, values };
    return ok(await relay(options, stopOnSignals()));
  },
};
