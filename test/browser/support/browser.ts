/** A browser for the tests of a file, and the pages that they open. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, inject } from 'vitest';

/** Everything that a page sends, in the order in which it sends it. */
export interface OpenPage {
  readonly page: Page;
  /** URLs, headers and bodies of its requests, its WebSockets included. */
  readonly sent: readonly string[];
  /** Its WebSockets that have ended. */
  readonly closed: readonly string[];
  /** What the page wrote to the console. */
  readonly console: readonly string[];
}

let browser: Browser;

/** Starts a browser before the tests of the file. */
export function useBrowser(): void {
  beforeAll(async () => {
    const { env, ...launch } = inject('browser');
    browser = await puppeteer.launch({ ...launch, env: { ...process.env, ...env } });
  });
  afterAll(() => browser.close());
}

/** Opens a page in a profile of its own: no cookie and no cache of another test. */
export async function openPage(url: string): Promise<OpenPage> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  // A little less than that of a test, so that a failure names what was waited for.
  page.setDefaultTimeout(110_000);
  const sent: string[] = [];
  const closed: string[] = [];
  const written: string[] = [];
  page.on('console', (message) => written.push(message.text()));
  page.on('pageerror', (error) => written.push(String(error)));
  page.on('request', (request) => {
    sent.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? '');
  });
  const session = await page.createCDPSession();
  await session.send('Network.enable');
  session.on('Network.webSocketCreated', (socket) => sent.push(socket.url));
  session.on('Network.webSocketWillSendHandshakeRequest', ({ request }) => {
    sent.push(JSON.stringify(request.headers));
  });
  session.on('Network.webSocketClosed', ({ requestId }) => closed.push(requestId));
  await page.goto(url, { waitUntil: 'load' });
  return { page, sent, closed, console: written };
}

/** The lines that the page shows, in their order. */
export function linesOf(page: Page): Promise<string[]> {
  return page.$$eval('#events li', (lines) => lines.map(({ textContent }) => textContent ?? ''));
}

export function stateOf(page: Page): Promise<string> {
  return page.$eval('#state', ({ textContent }) => textContent ?? '');
}

/** Resolves once the page shows as many lines, or more. */
export async function untilLines(page: Page, count: number): Promise<string[]> {
  const enough = (least: number) => document.querySelectorAll('#events li').length >= least;
  await page.waitForFunction(enough, {}, count);
  return linesOf(page);
}

/** Resolves with the state once it has this text. */
export async function untilState(page: Page, text: string): Promise<string> {
  const has = (part: string) => document.querySelector('#state')?.textContent?.includes(part);
  try {
    await page.waitForFunction(has, {}, text);
  } catch (cause) {
    throw new Error(`the page shows "${await stateOf(page)}", not "${text}"`, { cause });
  }
  return stateOf(page);
}

/** Writes a picture for people, if `SCREENSHOTS` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS } = process.env;
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
