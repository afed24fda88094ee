/** The page of `examples/react-hook`, in StrictMode, which mounts each component twice. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT, readDocument } from '../docs/document.ts';
import { openPage, picture, untilLines, untilState, useBrowser } from './support/browser.ts';
import { linesFor, startWorld, type World, write } from './support/world.ts';

let world: World;

useBrowser();
beforeAll(async () => {
  world = await startWorld('react-hook');
});
afterAll(() => world[Symbol.asyncDispose]());

it('subscribes once although it is mounted twice, and closes when it is unmounted', async () => {
  const { page, sent, closed, console } = await openPage(world.example.address);
  await untilState(page, 'log in');
  await Promise.all([page.waitForNavigation(), page.click('form button')]);
  await untilState(page, 'connected');
  const requests = (part: string) => sent.filter((text) => text.includes(part)).length;
  // One ticket was refused before the login.
  expect(requests('/ticket')).toBe(2);
  expect(requests('/sys/events/subscribe/')).toBe(1);
  await write(world.server, 'a', 'b');
  expect(await untilLines(page, 2)).toEqual(linesFor('a', 'b'));
  await picture(page, 'react-hook');

  await page.click('input');
  await page.waitForSelector('#events', { hidden: true });
  await expect.poll(() => closed.length).toBe(1);
  await write(world.server, 'unseen');

  await page.click('input');
  await untilState(page, 'connected');
  await write(world.server, 'c');
  expect(await untilLines(page, 1)).toEqual(linesFor('c'));
  expect(requests('/sys/events/subscribe/')).toBe(2);
  expect(console.filter((text) => /error|warning/i.test(text))).toEqual([]);
});

it('has a program in its README that compiles', () => {
  const folder = 'examples/react-hook';
  const programs = readDocument(`${folder}/README.md`).blocks.filter(
    ({ language }) => language === 'tsx',
  );
  expect(programs.length).toBe(1);
  const given =
    "import { Carillon, useEvents } from './use-events.ts';\ndeclare const ticket: string;\n";
  const file = join(ROOT, folder, 'from-readme.tsx');
  try {
    writeFileSync(file, given + programs[0]?.text);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const compiled = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(compiled).toMatchObject({ stdout: '', stderr: '', status: 0 });
  } finally {
    rmSync(file, { force: true });
  }
});
