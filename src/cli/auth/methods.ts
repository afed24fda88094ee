/** `carillon auth list` and `auth enable` */
import { isJsonObject } from '../../lib/json.ts';
import { ok } from '../../lib/result.ts';
import { alternatives } from '../command/arguments.ts';
import { command, failed, status } from '../command/command.ts';
import { grid } from '../command/output.ts';
import { type Answer, requestApi } from '../server/api.ts';
import { apiCommand } from '../server/api-command.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { ALL_METHODS } from './auth-methods.ts';

export const authList = apiCommand({
  name: 'auth list',
  summary: 'List the auth methods of the namespace',
  examples: ['carillon auth list'],
  callOf: () => ok({ method: 'GET', path: 'sys/auth', text: methodTable }),
});

/** The commands that make the first login with a method possible. */
const NEXT: Readonly<Record<(typeof ALL_METHODS)[number], string>> = {
  jwt: 'carillon auth config jwt --jwks-url <url>, then: carillon auth role write jwt <role> --user-claim sub …',
  approle: 'carillon auth role write approle <role> --policy <policy>',
  token: 'carillon token create --policy <policy>',
};

export const authEnable = command({
  name: 'auth enable',
  summary: 'Check that an auth method can be used, and say how to go on',
  description:
    'Every namespace of Carillon has the auth methods token, approle and jwt, so there is nothing to enable. The command exists for scripts that are written for Vault, and says what to do next.',
  arguments: [{ name: 'method', help: alternatives(ALL_METHODS), completes: ALL_METHODS }],
  options: SERVER_OPTIONS,
  examples: ['carillon auth enable jwt'],
  async run(values, [method = '']) {
    const server = serverOf(values);
    if (!server.ok) return server;
    const name = method.replace(/\/$/, '');
    const listed = await requestApi(server.value, 'sys/auth');
    if (!listed.ok) return failed(listed.failure.message);
    if (!Object.hasOwn(listed.value.data, `${name}/`)) {
      // Vault's clients send the same. The refusal of the server says which methods there are.
      const enabled = await requestApi(server.value, `sys/auth/${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ type: name }),
      });
      if (!enabled.ok) return failed(enabled.failure.message);
    }
    status(`${name}/ is enabled`);
    const known = ALL_METHODS.find((each) => each === name);
    if (known !== undefined) status(`next: ${NEXT[known]}`);
    return ok(0);
  },
});

function methodTable({ data }: Answer): string {
  const rows = Object.entries(data).flatMap(([path, method]) =>
    isJsonObject(method)
      ? [[path, String(method.type), String(method.accessor), String(method.description)]]
      : [],
  );
  return grid(['Path', 'Type', 'Accessor', 'Description'], rows);
}
