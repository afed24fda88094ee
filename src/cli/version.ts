/** `carillon version` */
import { ok } from '../lib/result.ts';
import { VERSION } from '../lib/version.ts';
import { command } from './command/command.ts';
import { FORMAT_OPTIONS, formatted } from './command/format.ts';

export const version = command({
  name: 'version',
  summary: 'Print the version of this command',
  options: FORMAT_OPTIONS,
  examples: ['carillon version', 'carillon version --format json'],
  async run({ format }) {
    process.stdout.write(
      format === 'table' ? `carillon ${VERSION}\n` : formatted({ version: VERSION }, format),
    );
    return ok(0);
  },
});
