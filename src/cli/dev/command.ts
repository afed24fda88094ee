/** `carillon dev`: the local server. */
import { command, failed, wrongUse } from '../command/command.ts';
import { reasonOfFileError } from '../input/files.ts';
import { lineForNpm } from './npm.ts';
import { DEV_OPTIONS } from './options.ts';
import { serve } from './serve.ts';
import { settingsOf } from './settings.ts';

export const dev = command({
  name: 'dev',
  summary: 'Run the server on this machine, for development',
  description:
    'Run the server on this machine, for development: the bundle that "npm run deploy" deploys, in workerd, the runtime of Cloudflare Workers. Needs no account and no network.',
  options: DEV_OPTIONS,
  notes: `The variables of wrangler.toml have their values here too. A file .dev.vars in the current folder replaces them, and may have the secrets ROOT_TOKEN and SOURCE_KEY; options, and ROOT_TOKEN of the environment, replace what is in it.

On a terminal, "r" prints the address and the token again. Ctrl-C ends the server.

With npm, options stand after --: npm start -- --port 8300`,
  examples: ['carillon dev --port 8300 --data ./carillon-data'],
  tooMany: keptByNpm,
  async run(values) {
    const kept = keptByNpm([]);
    if (kept !== undefined) return wrongUse(kept);
    const settings = await settingsOf(values);
    if (!settings.ok) return settings;
    // workerd inherits the mask, so only this user can read the files that it writes.
    process.umask(0o077);
    try {
      return await serve(settings.value);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const place = path === undefined ? '' : `${path}: `;
      return failed(`the server cannot be started: ${place}${reasonOfFileError(error)}`);
    }
  },
});

/** The line to write instead, if npm kept options of the command. */
function keptByNpm(positionals: readonly string[]): string | undefined {
  const line = lineForNpm(Object.keys(DEV_OPTIONS), positionals, process.env);
  return line === undefined ? undefined : `npm kept options of this command; write ${line}`;
}
