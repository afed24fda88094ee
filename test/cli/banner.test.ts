import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startLocalServer } from '../support/local-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Runs a line as somebody does who pastes it into a terminal in the project's folder. */
function paste(line: string): ChildProcess & { printed(pattern: RegExp): Promise<string> } {
  // wscat ends with its standard input, which a terminal keeps open.
  const child = spawn('sh', ['-c', line], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (pattern.test(text)) resolve(text);
      };
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          look();
        });
      }
      child.once('close', () => reject(new Error(`ended before ${pattern}:\n${text}`)));
    });
  return Object.assign(child, { printed });
}

/** The indented line of the banner that begins like this. */
function lineOf(banner: string, beginning: string): string {
  const line = banner.split('\n').find((text) => text.trim().startsWith(beginning));
  if (line === undefined) throw new Error(`no line with ${beginning} in:\n${banner}`);
  return line.trim();
}

it.runIf(hasCurl)(
  "the banner's own lines subscribe with wscat and publish with curl",
  async () => {
    const server = await startLocalServer([]);
    const wscat = paste(lineOf(server.output(), 'npx wscat'));
    const frame = wscat.printed(/"specversion":"1.0".*"path":"secret\/data\/hello"/);
    const curl = lineOf(server.output(), 'curl');

    // wscat says nothing when it is connected and its output is no terminal: publish until it hears.
    let heard = false;
    const done = frame.finally(() => {
      heard = true;
    });
    while (!heard) {
      const published = paste(curl);
      expect(await published.printed(/}\s*$/)).toContain('"accepted":1');
    }
    expect(await done).toContain('"event_type":"kv-v2/data-write"');
    process.kill(-(wscat.pid ?? 0), 'SIGTERM');
    expect(await server.stop()).toBe(0);
  },
  60_000,
);
