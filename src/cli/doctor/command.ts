/** `carillon doctor` */
import type { Server } from '../../client/options.ts';
import { secondsOf } from '../../lib/duration.ts';
import { quote } from '../../lib/quote.ts';
import { command, interrupted, status, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { exitSignal } from '../command/stopping.ts';
import { anonymousServerOf, SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { IdleConnections } from './checks/idle.ts';
import { checkLatency } from './checks/latency.ts';
import { checkResume } from './checks/resume.ts';
import { checkRevocation } from './checks/revocation.ts';
import { checkClock, checkHealth, checkRootToken, checkTransport } from './checks/server.ts';
import { MAX_DOCTOR_IDLE_SECONDS } from './limits.ts';
import { broken, type Finding, passed, Report, skipped } from './report.ts';
import { makeToken, revokeToken } from './requests.ts';

/** What the other checks take at most, beside the idle connections. */
const OTHER_CHECKS_SECONDS = 300;

export const doctor = command({
  name: 'doctor',
  summary: 'Check a deployment: what only its own network and place can show',
  description:
    'Check a deployment from here: its health and clock, that its root token is no placeholder, the latency of an event, that nothing is lost or doubled over a cut connection, that revoking a token ends its subscription within a second, and that an idle connection stays open. It prints each check as it ends.',
  arguments: [
    {
      name: 'address',
      help: 'address of the server',
      optional: true,
      defaultHelp: 'VAULT_ADDR',
    },
  ],
  options: {
    idle: {
      type: 'string',
      value: 'duration',
      help: `how long the idle connection must stay open, at most ${MAX_DOCTOR_IDLE_SECONDS / 3600}h: 1m for a quick look`,
      default: '10m',
    },
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  notes:
    'The token must be allowed to create tokens, and to publish, subscribe to and see carillon-doctor/*. The tokens that the checks make end with them; the events, some 110, stay as long as the journal retains them.',
  ends: 'Ends with 0 if no check failed, 1 if one did, 130 on Ctrl-C.',
  examples: [
    'carillon doctor https://carillon.example.com',
    'carillon doctor --idle 1m --format json | jq .checks',
  ],
  async run(values, [address]) {
    const idle = secondsOf(values.idle);
    if (idle === undefined || idle <= 0) {
      return wrongUse(`--idle is ${quote(values.idle)}; it must be a duration such as 1m`);
    }
    if (idle > MAX_DOCTOR_IDLE_SECONDS) {
      return wrongUse(
        `--idle is ${quote(values.idle)}; it must be at most ${MAX_DOCTOR_IDLE_SECONDS / 3600}h`,
      );
    }
    if (address !== undefined && !/^https?:\/\/./.test(address)) {
      return wrongUse('the address must begin with "https://" or "http://"');
    }
    const options = { ...values, ...(address !== undefined && { address }) };
    const anonymous = anonymousServerOf(options);
    if (!anonymous.ok) return anonymous;
    const report = new Report(anonymous.value.url.href.replace(/\/$/, ''), values.format);
    const signal = exitSignal(undefined);
    const isUp = await checkServer(anonymous.value, report);
    const server = serverOf(options);
    if (!isUp) report.add('token', skipped('the server does not work'));
    else if (!server.ok) report.add('token', broken(server.failure.message));
    else await checkWithToken(server.value, report, idle, signal);
    return signal.aborted ? interrupted() : report.end();
  },
});

/** @returns whether the server works */
async function checkServer(server: Server, report: Report): Promise<boolean> {
  report.add('transport', checkTransport(server));
  const health = report.add('health', await checkHealth(server));
  if (health.result !== 'ok') return false;
  report.add('clock', await checkClock(server));
  report.add('root token', await checkRootToken(server));
  return true;
}

const CHECKS: readonly (readonly [name: string, check: (server: Server) => Promise<Finding>])[] = [
  ['latency', checkLatency],
  ['resume', checkResume],
  ['revocation', checkRevocation],
];

async function checkWithToken(
  server: Server,
  report: Report,
  idleSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const made = await makeToken(server, Math.ceil(idleSeconds) + OTHER_CHECKS_SECONDS);
  if (!made.ok) {
    report.add('token', broken(`cannot create a token for the checks: ${made.failure.message}`));
    for (const [name] of [...CHECKS, ['idle']])
      report.add(String(name), skipped('needs the token'));
    return;
  }
  report.add('token', passed('created one for the checks'));
  const idle = await IdleConnections.open(made.value, idleSeconds * 1000);
  try {
    for (const [name, check] of CHECKS) {
      if (!signal.aborted) report.add(name, await check(made.value));
    }
    if (!idle.ok) {
      report.add('idle', broken(idle.failure.message));
    } else if (!signal.aborted) {
      status(`waiting until the idle connections are ${idleSeconds} s old`);
      const finding = await idle.value.check(idleSeconds * 1000, signal);
      if (!signal.aborted) report.add('idle', finding);
    }
  } finally {
    if (idle.ok) idle.value.cut();
    await revokeToken(made.value);
  }
}
