/**
 * What do events of writes that pass through add to a request? Starts OpenBao in dev mode and three Carillons in front of it:
 * one without events, one that publishes them after the answer, and one that answers when they are stored. Writes secrets
 * through each in turn, and to OpenBao itself, one request at a time.
 *
 * Usage: node bench/upstream-events.ts <path of bao> [<writes>]   (default 2000 through each)
 */
import { carillonBundle } from './contestants/bundles.ts';
import { startWorkerd } from './contestants/server.ts';
import { callSecret, startOpenBao } from './dev-openbao.ts';

const [bao, count = '2000'] = process.argv.slice(2);
if (bao === undefined) {
  console.error('usage: node bench/upstream-events.ts <path of bao> [<writes>]');
  process.exit(2);
}
const WRITES = Number(count);
const PAUSE_MS = 5;
const BODY = JSON.stringify({ data: { password: 'x' } });

const openBao = await startOpenBao(bao);
const { code, config } = await carillonBundle();
const servers = await Promise.all(
  ['off', 'on', 'strict'].map(async (events) => {
    const changed = config
      .replace('UPSTREAM_ADDR = ""', `UPSTREAM_ADDR = "http://127.0.0.1:${openBao.port}"`)
      .replace('UPSTREAM_EVENTS = "off"', `UPSTREAM_EVENTS = "${events}"`);
    const server = await startWorkerd({ code, config: changed }, { allowLoopbackHttp: true });
    return { name: `through Carillon, events ${events}`, port: server.port, server };
  }),
);
try {
  const targets = [{ name: 'OpenBao itself', port: openBao.port }, ...servers];
  const latencies = new Map(targets.map(({ name }) => [name, [] as number[]]));
  // The first writes warm up, and are not counted.
  for (let i = -WRITES / 10; i < WRITES; i++) {
    for (const { name, port } of targets) {
      const begin = performance.now();
      await callSecret(port, 'PUT', BODY);
      if (i >= 0) latencies.get(name)?.push(performance.now() - begin);
      // What a server does after its answer must not count for the next one.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  for (const [name, all] of latencies) {
    const sorted = all.sort((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2);
    console.log(`${name.padEnd(32)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  }
} finally {
  openBao.process.kill('SIGKILL');
  await Promise.all(servers.map(({ server }) => server.stop()));
}
