/**
 * Records a release: `npm run release:record`. Runs the server of this tree, has it store a little of everything, and
 * keeps what it leaves behind and the bundle below `test/fixtures/releases/<version>`, where
 * `test/cli/releases.test.ts` opens it with every later release.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { startOpenBao } from '../support/openbao.ts';
import { Api } from './api.ts';
import { recordContracts } from './contracts.ts';
import { type Recording, writeRecording } from './recording.ts';
import {
  POLICIES,
  recordEvents,
  recordLogins,
  recordNamespaces,
  recordReleasedHub,
  recordSource,
  recordTicket,
  recordTokens,
} from './scenario.ts';

const ROOT_TOKEN = 'the-root-token-of-a-recorded-release';

/** Runs a server on the folder, and stops it again. */
async function withServer<T>(
  data: string,
  args: readonly string[],
  run: (server: LocalServer) => Promise<T>,
): Promise<T> {
  const server = await startLocalServer(['--data', data, '--root-token', ROOT_TOKEN, ...args]);
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

async function record(release: string, data: string): Promise<Recording> {
  const released = await withServer(data, ['--var', 'JOURNAL_MAX_AGE=1s'], ({ address }) =>
    recordReleasedHub(new Api(address, ROOT_TOKEN)),
  );
  const stored = await withServer(data, [], async ({ address }) => {
    const root = new Api(address, ROOT_TOKEN);
    const as = (token: string) => new Api(address, token);
    const inNamespace = (path: string) => new Api(address, ROOT_TOKEN, path);
    const { writer, tokens } = await recordTokens(root, as);
    const parentInTeam = new Api(address, tokens.parent, 'team');
    const inTeam = await recordNamespaces(root, inNamespace, parentInTeam);
    const logins = await recordLogins(root);
    const source = await recordSource(root);
    const events = await recordEvents(address, ROOT_TOKEN, {
      root,
      writer: as(writer),
      team: inNamespace('team'),
      reader: tokens.reader.token,
    });
    const ticket = await recordTicket(as(tokens.reader.token));
    return { tokens: { ...tokens, ...inTeam, writer }, source, ticket, ...logins, ...events };
  });
  const adopted = await adoptToken(data);
  return {
    release,
    recordedAt: Date.now(),
    rootToken: ROOT_TOKEN,
    policies: POLICIES,
    released,
    ...stored,
    tokens: { ...stored.tokens, adopted },
  };
}

/** Has a token of an upstream used. */
async function adoptToken(data: string): Promise<string> {
  const { server, address: upstream } = await startOpenBao();
  try {
    return await withServer(data, ['--upstream', upstream], async ({ address }) => {
      const login = await new Api(address, undefined).post('auth/userpass/login/ann', {
        password: 'pw',
      });
      const token = login.auth.client_token;
      await new Api(address, token).ask('GET', 'sys/events/types');
      return token;
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const [release = packageJson.version] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'carillon-record-'));
try {
  const bundle = await buildBundle();
  if (!bundle.ok) throw new Error(bundle.failure.message);
  const data = join(scratch, 'data');
  writeRecording(await record(release, data), data, bundle.value);
  recordContracts(release);
  console.log(
    `recorded ${release}; "npx vitest run --project cli test/cli/releases.test.ts" checks it`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
