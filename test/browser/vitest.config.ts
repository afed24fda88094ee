import { defineConfig } from 'vitest/config';

/** A configuration of its own: `npm test` needs no browser. */
export default defineConfig({
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/global-setup.ts'],
    // A busy machine is slow, not wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file has a browser and a server of its own.
    fileParallelism: false,
  },
});
