/** `carillon relay` */
import { checkOrigin } from '../../event/origin.ts';
import { ok } from '../../lib/result.ts';
import { command, failed, wrongUse } from '../command/command.ts';
import { stopOnSignals } from '../command/stopping.ts';
import { PositionFile } from '../server/position-file.ts';
import { SERVER_OPTIONS } from '../server/server.ts';
import { ORIGIN_OPTIONS, originOf } from './origin.ts';
import { receiverOf } from './receiver.ts';
import { relay } from './relay.ts';

export const relayCommand = command({
  name: 'relay',
  summary: 'Publish the events of a Vault or another Carillon here',
  description:
    'Subscribe to a Vault Enterprise, or to another Carillon, and publish its events to the server of VAULT_ADDR, with the ids, sources, times and namespaces that they have.',
  usage: ['relay --from <address> [options]'],
  options: {
    ...ORIGIN_OPTIONS,
    'skip-source': {
      type: 'string',
      value: 'source',
      help: 'no events of this source; for relays in both directions',
      multiple: true,
    },
    origin: {
      type: 'string',
      value: 'name',
      help: 'the same name for all relays from one server: an event that several of them publish is one event. Needs the right to update sys/events/origins/<name>',
    },
    state: {
      type: 'string',
      value: 'file',
      help: 'keeps the position of the relay. With a Carillon, a relay that is started again resumes there: no event is lost or published twice',
      completes: 'file',
    },
    ...SERVER_OPTIONS,
  },
  notes:
    'Standard error says where events may be missing, and which events this side rejected for good. Those are printed to standard output unchanged.',
  ends: 'Ends on Ctrl-C or SIGTERM: with 0, or with 1 if events were left unpublished. Ends with 2 if a token is refused at the start.',
  examples: [
    "carillon relay --from https://vault.example.com:8200 --pattern 'kv*' --from-namespaces '*'",
    'carillon relay --from https://eu.example.com --state ./eu.json >> refused.jsonl',
    'carillon relay --from https://node-2.example.com:8200 --origin vault-prod',
  ],
  async run(values) {
    const origin = await originOf(values);
    if (!origin.ok) return origin;
    const receiver = await receiverOf(values);
    if (!receiver.ok) return receiver;
    if (receiver.value.url.href === origin.value.address.href) {
      return wrongUse('--from is the server of VAULT_ADDR itself');
    }
    const { origin: originName } = values;
    const name = originName === undefined ? ok(undefined) : checkOrigin(originName);
    if (!name.ok) return wrongUse(`--${name.failure.message}`);
    const { state: path, 'skip-source': skippedSources = [] } = values;
    const state =
      path === undefined ? undefined : PositionFile.open(path, 'relay', origin.value.subscription);
    if (state?.ok === false) return failed(state.failure.message);

    const options = {
      origin: origin.value,
      state: state?.value,
      skippedSources,
      originName,
      values,
    };
    return ok(await relay(options, stopOnSignals()));
  },
});
