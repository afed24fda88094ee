/**
 * The browser that the tests run in: the one of `CHROME_PATH`; on Linux the Chromium that `@sparticuz/chromium` ships,
 * with the libraries and fonts that a bare machine lacks; elsewhere the installed Chrome.
 */
import type { LaunchOptions } from 'puppeteer-core';

/** How it is started; a copy goes to each test file. */
export type BrowserFiles = Pick<LaunchOptions, 'executablePath' | 'channel' | 'args'> & {
  readonly env: Readonly<Record<string, string>>;
};

/** @param folder where the browser is unpacked */
export async function findBrowser(folder: string): Promise<BrowserFiles> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) return { executablePath: CHROME_PATH, args: sandboxArgs(), env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { channel: 'chrome', args: sandboxArgs(), env: {} };
  }
  // The package unpacks into the folder of temporary files, and its libraries only for this runtime.
  const env = { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' };
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    const executablePath = await chromium.executablePath();
    const { LD_LIBRARY_PATH = '', FONTCONFIG_PATH = '' } = process.env;
    // Its own arguments switch off the rules of origins, which are what the tests are about.
    return { executablePath, args: ['--no-sandbox'], env: { LD_LIBRARY_PATH, FONTCONFIG_PATH } };
  } finally {
    process.env = before;
  }
}

/** Chromium refuses to run as root in its sandbox. */
function sandboxArgs(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}
