/**
 * Builds what the packages contain.
 *
 * Usage: node build/main.ts [client] [cli] [worker]
 */
import { buildCli } from './cli.ts';
import { buildClient } from './client.ts';
import { buildWorker } from './worker.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  client: buildClient,
  cli: buildCli,
  worker: buildWorker,
};

const given = process.argv.slice(2);
for (const name of given.length === 0 ? Object.keys(PARTS) : given) {
  const part = PARTS[name];
  if (part === undefined) {
    throw new Error(`there is no part ${name}; the parts are ${Object.keys(PARTS).join(', ')}`);
  }
  await part();
}
