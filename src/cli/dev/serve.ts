/** Runs the local server until it is asked to stop, or dies. */
import { ok } from '../../lib/result.ts';
import { announce, type CommandResult, type ExitCode, failed, status } from '../command/command.ts';
import { onSignals } from '../command/stopping.ts';
import { bindAddress, leadsTo } from './address.ts';
import { banner, hostAndPort, reminder, shortReminder } from './banner.ts';
import { buildBundle } from './bundle.ts';
import { type DataFolder, openDataFolder } from './data.ts';
import { startBehindFront } from './front/start.ts';
import { listenForKeys } from './keys.ts';
import { ServerLog } from './log/log.ts';
import type { LogFormat } from './log/view.ts';
import { Reminder } from './reminder.ts';
import type { Restored } from './restored.ts';
import type { RootToken } from './root-token.ts';
import type { Variables } from './variables.ts';
import type { WorkersBeside } from './with.ts';
import { startWorkerd } from './workerd.ts';
import { besideWorkers } from './workerd-config.ts';

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Undefined for a temporary folder. */
  readonly data: string | undefined;
  /** Which files in it come from a backup. */
  readonly restored: Restored | undefined;
  readonly rootToken: RootToken;
  readonly allowLoopbackHttp: boolean;
  /** In which clients say their region; undefined for none. */
  readonly regionHeader: string | undefined;
  readonly variables: Variables;
  /** What runs beside the server. */
  readonly workers: WorkersBeside;
  /** A second key for the secrets of sources, in addition to the key of the data folder. */
  readonly sourceKey: string | undefined;
  readonly log: LogFormat;
}

export async function serve(settings: Settings): Promise<CommandResult<ExitCode>> {
  // The folder comes first: a server that was killed keeps the port until its workerd releases the folder.
  const folder = await openDataFolder(settings.data, settings.restored);
  if (!folder.ok) return folder;
  try {
    return await serveFrom(folder.value, settings);
  } finally {
    folder.value.close();
  }
}

async function serveFrom(folder: DataFolder, settings: Settings): Promise<CommandResult<ExitCode>> {
  const { host, port, data, rootToken, allowLoopbackHttp, regionHeader } = settings;
  const { variables, sourceKey, log: format } = settings;
  const stopping = new AbortController();
  const stop = stopping.signal;
  onSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stopping.abort());
  const bound = await bindAddress(host, port);
  if (!bound.ok) return bound;
  const address = bound.value;
  const upstream = variables.UPSTREAM_ADDR || undefined;
  if (upstream !== undefined && (await leadsTo(new URL(upstream), address, port))) {
    return failed(
      `the upstream ${new URL(upstream).origin} is this server itself, on ${address} port ${port}; give the address of the OpenBao or Vault, or another --port`,
    );
  }
  const bundle = await buildBundle({ signal: stop });
  if (stop.aborted) return ok(0);
  if (!bundle.ok) return bundle;
  // The first key seals, and all open: what was sealed before can still be opened.
  const keys = [...(sourceKey === undefined ? [] : [sourceKey]), folder.sourceKey].join(',');
  const screen = new Reminder();
  const log = new ServerLog(format, {
    onClosed: () => stopping.abort(),
    onShown: (lines) => screen.scroll(lines),
  });
  const start = upstream === undefined ? startWorkerd : startBehindFront;
  const server = await start({
    host: address,
    port,
    allowLoopbackHttp,
    regionHeader,
    variables: { ...variables, ...folder.restored },
    beside: besideWorkers(bundle.value, settings.workers),
    bundle: bundle.value,
    folder: { ...folder, sourceKey: keys },
    rootToken: rootToken.token,
    readOutput: (stdout, stderr) => log.read(stdout, stderr),
    signal: stop,
  });
  if (!server.ok) {
    await log.end();
    return stop.aborted ? ok(0) : server;
  }

  const hasUpstreamEvents = variables.UPSTREAM_EVENTS !== 'off';
  const running = {
    address,
    port: server.value.port,
    rootToken,
    data,
    upstream,
    hasUpstreamEvents,
  };
  const returnTerminal = listenForKeys(process.stdin, {
    remind: () => screen.print(reminder(running)),
    blankLine: () => status(''),
  });
  try {
    log.ready(`http://${hostAndPort(address, running.port)}`);
    announce(banner(running, returnTerminal !== undefined));
    screen.watch(shortReminder(running));
    const death = await Promise.race([server.value.died, aborted(stop)]);
    if (death !== undefined) return failed(death);
    await server.value.stop();
    return ok(0);
  } finally {
    screen.end();
    returnTerminal?.();
    await log.end();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}
