import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { recordedBundle, recordedReleases } from './test/releases/recording.ts';
import { makeFoldersInMemory } from './test/support/folder-in-memory.ts';
import { RecordedOpenBao } from './test/support/openbao.ts';

makeFoldersInMemory();

/** Small files whose single test takes long: begun last, they would be waited for with a core idle. */
const LONG = [
  'hibernation.test.ts',
  'shard-hibernation.slow.test.ts',
  'sabotage.slow.test.ts',
  'release-skew.slow.test.ts',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      LONG.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const openBao = new RecordedOpenBao();

/** Hides what workerd reports of failures that the tests provoke. */
const QUIET = ['test/support/expected-exceptions.ts'];

/** What takes minutes: `npm run test:slow`. */
const SLOW = '**/*.slow.test.ts';

/** A command starts in half the time where an earlier one has left its modules compiled. */
const COMPILED = { NODE_COMPILE_CACHE: join(tmpdir(), 'carillon-test-cache/compiled') };

/** A Worker that destinations deliver to, and that consumes their queue. It says what it got, and fails if it is told to. */
const RECEIVER = {
  name: 'receiver',
  modules: true,
  compatibilityDate: '2026-08-15',
  script: readFileSync('test/worker/destination-targets/receiver.js', 'utf8'),
  queueConsumers: { 'test-jobs': { maxBatchTimeout: 0 } },
  durableObjects: { RECORD: { className: 'Record', useSQLite: true } },
};

const WORKER = {
  wrangler: { configPath: './wrangler.toml' },
  miniflare: {
    workers: [RECEIVER],
    serviceBindings: {
      RECEIVER: { name: 'receiver', entrypoint: 'Receiver' },
      NOT_A_QUEUE: { name: 'receiver', entrypoint: 'Receiver' },
    },
    queueProducers: {
      TEST_JOBS: 'test-jobs',
      NOT_A_WORKER: 'test-jobs',
      SOURCE_QUEUE: 'queue-of-tests',
    },
    analyticsEngineDatasets: { METRICS_DATASET: { dataset: 'carillon' } },
    bindings: {
      ROOT_TOKEN: 'root',
      SOURCE_KEY: Buffer.alloc(32, 'a key of the tests').toString('base64'),
      ALLOWED_ORIGINS: 'https://app.example.com',
      JOURNAL_MAX_EVENTS: '1000',
      DESTINATION_BINDINGS: JSON.stringify({
        RECEIVER: { kind: 'worker', namespaces: ['*'] },
        TEST_JOBS: { kind: 'queue', namespaces: ['*'] },
        ONLY_TEAM_B: { kind: 'worker', namespaces: ['team-b', 'team-b/*'] },
        NOT_BOUND: { kind: 'worker', namespaces: ['*'] },
        NOT_A_QUEUE: { kind: 'queue', namespaces: ['*'] },
        NOT_A_WORKER: { kind: 'worker', namespaces: ['*'] },
      }),
      QUEUE_SOURCES: '{"queue-of-tests": "queue-of-tests"}',
    },
    queueConsumers: { 'queue-of-tests': { maxBatchTimeout: 0, maxRetries: 0 } },
    // Counts only requests with the header cf-connecting-ip.
    ratelimits: { RATE_LIMITER: { namespace_id: '1', simple: { limit: 3, period: 60 } } },
  },
};

/** The bundle of the release before this one, for tests of the Worker to import. */
const RELEASE_BEFORE = {
  name: 'release-before',
  resolveId: (id: string) => (id === 'virtual:release-before' ? `\0${id}` : undefined),
  load: (id: string) =>
    id === '\0virtual:release-before'
      ? recordedBundle(recordedReleases().at(-1) ?? '').code
      : undefined,
};

export default defineConfig({
  test: {
    // What the code logs of a failure is of interest where a test fails.
    silent: 'passed-only',
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A quarter of the time of a test is spent waiting, for a process of its own or for time to pass: with as many as there are
    // cores, one idles.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        plugins: [cloudflareTest(WORKER), RELEASE_BEFORE],
        test: {
          name: 'worker',
          globalSetup: [...QUIET, 'test/worker/destination-targets/receivers.ts'],
          // The decoder of workerd is another one than that of Node.
          include: ['test/worker/**/*.test.ts', 'test/unit/body-text.test.ts'],
          exclude: ['test/worker/upstream/**', SLOW],
          env: { FUZZ: process.env.FUZZ ?? '' },
          isolate: false,
        },
      },
      {
        extends: true,
        plugins: [cloudflareTest(WORKER)],
        test: {
          name: 'slow',
          globalSetup: QUIET,
          include: ['test/worker/**/*.slow.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { ROOT_TOKEN: 'root', UPSTREAM_ADDR: 'https://openbao.test' },
              // All that the Worker and its objects fetch.
              outboundService: async (request: Request) => {
                const { method, url, headers } = request;
                const answer = openBao.answer({
                  method,
                  url: url.replace('https://openbao.test', ''),
                  headers: Object.fromEntries(headers),
                  body: await request.text(),
                });
                return new Response(answer.body, answer);
              },
            },
          }),
        ],
        test: {
          name: 'upstream',
          globalSetup: QUIET,
          include: ['test/worker/upstream/**/*.test.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/conformance/server.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          exclude: [SLOW],
          env: COMPILED,
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'slow-cli', include: ['test/cli/**/*.slow.test.ts'], env: COMPILED },
      },
      {
        extends: true,
        test: {
          name: 'docs',
          include: ['test/docs/**/*.test.ts'],
          isolate: false,
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/**/*.test.ts'],
          globalSetup: 'test/packages/setup.ts',
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'examples',
          include: ['test/examples/**/*.test.ts'],
          globalSetup: ['test/examples/build-client.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        // Most of a test's time is a client that waits before it reconnects.
        test: { name: 'clients', include: ['test/clients/**/*.test.ts'], maxWorkers: 6 },
      },
      { extends: true, test: { name: 'faults', include: ['test/faults/**/*.test.ts'] } },
    ],
  },
});
