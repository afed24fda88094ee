/** `@carillon/client` as it is installed from its tarball. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { COMPILERS, NODES, problemsIn, runModule, runNode } from './installed.ts';

const { project, oldest } = inject('packages');
const installed = join(project, 'node_modules/@carillon/client');
const dist = join(installed, 'dist');

const EXPORTS = 'CarillonError,PublishError,publish,subscribe\n';

const scratch = scratchFolder();

let server: LocalServer;
beforeAll(async () => {
  server = await startLocalServer([]);
});
afterAll(() => server.stop());

/** A program that publishes an event and receives it. */
function program(importing: string, options: string): string {
  return `
    import { publish, subscribe } from ${JSON.stringify(importing)};
    import WebSocket from 'ws';
    const server = { url: ${JSON.stringify(server.address)}, token: ${JSON.stringify(server.token)} };
    const subscription = subscribe('deploy/*', { ...server, WebSocket, ${options} });
    await subscription.opened();
    await publish({ eventType: 'deploy/finished', metadata: { service: 'web' } }, server);
    const { value } = await subscription.next();
    console.log(value.eventType, value.metadata.service);
    await subscription.close();
  `;
}

describe.each(NODES)('on Node %s, @carillon/client', (version) => {
  it('is imported', () => {
    const code = `console.log(Object.keys(await import('@carillon/client')).join())`;
    expect(runModule(code, version)).toBe(EXPORTS);
  });

  it('has a module that receives webhooks', () => {
    const code = `console.log(Object.keys(await import('@carillon/client/webhook')).join())`;
    expect(runModule(code, version)).toBe('WebhookError,verify\n');
  });

  it.each(['json', 'protobuf'])('receives what it publishes, as %s', (encoding) => {
    const code = program('@carillon/client', `encoding: '${encoding}'`);
    expect(runModule(code, version)).toBe('deploy/finished web\n');
  });
});

it.each(NODES.filter((version) => version !== oldest))('on Node %s, it is required', (version) => {
  const code = `console.log(Object.keys(require('@carillon/client')).join())`;
  // Node 20.19 says that this is experimental; newer ones do not.
  expect(runNode(['--input-type=commonjs', '-e', code], version)).toBe(EXPORTS);
});

describe('the file for pages', () => {
  const page = join(project, 'page');

  it('works without the others', () => {
    mkdirSync(page, { recursive: true });
    copyFileSync(join(dist, 'client.min.js'), join(page, 'client.min.js'));
    const code = program(join(page, 'client.min.js'), '');
    expect(runModule(code)).toBe('deploy/finished web\n');
  });

  it('loads protobuf from the file beside it', () => {
    const file = 'client-protobuf.min.js';
    copyFileSync(join(dist, file), join(page, file));
    const code = program(join(page, 'client.min.js'), `encoding: 'protobuf'`);
    expect(runModule(code)).toBe('deploy/finished web\n');
  });

  it('is as small as its documentation says', () => {
    const kilobytes = (name: string) => gzipSync(readFileSync(join(dist, name))).length / 1000;
    const [, least, more] =
      /about (\d+) KB gzipped, and (\d+) KB more/.exec(readFileSync('docs/client.md', 'utf8')) ??
      [];
    expect(kilobytes('client.min.js')).toBeLessThan(Number(least) + 0.5);
    expect(kilobytes('client-protobuf.min.js')).toBeLessThan(Number(more) + 0.5);
  });
});

describe('the package', () => {
  it('needs no other package', () => {
    const manifest = readFileSync(join(installed, 'package.json'), 'utf8');
    expect(Object.keys(JSON.parse(manifest))).not.toContain('dependencies');
    const alone = join(scratch, 'node_modules/@carillon/client');
    cpSync(installed, alone, { recursive: true });
    for (const name of readdirSync(dist).filter((each) => each.endsWith('.js'))) {
      const code = `await import(${JSON.stringify(join(alone, 'dist', name))})`;
      expect(runModule(code), name).toBe('');
    }
  });

  it('has the sources of each file in its map', () => {
    const maps = readdirSync(dist).filter((name) => name.endsWith('.map'));
    expect(maps.length).toBe(5);
    for (const name of maps) {
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as {
        sources: string[];
        sourcesContent: string[];
      };
      expect(sources.length).toBeGreaterThan(5);
      expect(sourcesContent.map((text) => text.length > 0)).toEqual(sources.map(() => true));
      // A path of the machine that built it concerns nobody.
      expect(sources.filter((source) => !source.startsWith('../../../'))).toEqual([]);
    }
  });

  it('has the licences of the code in it', () => {
    const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.md'), 'utf8');
    expect(licences).toMatch(/^## protobufjs 8\.\S+ \(BSD-3-Clause\)\n\n```\n.*Redistribution/ms);
    expect(licences).toMatch(/^## long 5\.\S+ \(Apache-2.0\)/m);
    expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toContain('Apache License');
  });
});

const PROGRAM = `import { subscribe } from '@carillon/client';
  const options = { url: 'https://carillon.test', token: async () => 'token' };
  export async function main() {
    for await (const item of subscribe<{ 'deploy/finished': { service: string } }>('*', options)) {
      // @ts-expect-error: it may be a gap
      item.eventType;
      if (item.type === 'gap') continue;
      if (item.eventType === 'kv-v2/data-write') item.metadata.path satisfies string;
      if (item.eventType === 'deploy/finished') item.metadata.service satisfies string;
      // @ts-expect-error: there is no such type
      if (item.eventType === 'kv-v2/data-wrote') item.metadata;
      item.metadata.path satisfies string | undefined;
    }
  }`;

describe.each(Object.keys(COMPILERS))('for %s, the types', (compiler) => {
  it.each(['node16', 'nodenext', 'bundler'] as const)(
    'tell events apart, and hold programs to looking for gaps, with %s',
    (module) => {
      writeFileSync(join(project, 'program.mts'), PROGRAM);
      expect(problemsIn(['program.mts'], { module, compiler })).toBe('');
    },
  );

  it('are required by a CommonJS program', () => {
    writeFileSync(join(project, 'program.cts'), PROGRAM);
    expect(problemsIn(['program.cts'], { module: 'nodenext', compiler })).toBe('');
  });

  it('belong to the file for pages too', () => {
    const code = PROGRAM.replace('@carillon/client', '@carillon/client/client.min.js');
    writeFileSync(join(project, 'page.mts'), code);
    expect(problemsIn(['page.mts'], { module: 'bundler', compiler })).toBe('');
  });
});
