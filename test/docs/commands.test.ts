import { expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/commands.ts';
import { commandsOf, problemInCommand } from './commands.ts';
import { allDocuments, blocksOf } from './document.ts';

const COMMANDS = await loadCommands();

it('every command that a document shows exists, with its options', () => {
  const commands = allDocuments()
    // It shows the commands of earlier releases too.
    .filter(({ path }) => path !== 'CHANGELOG.md')
    .flatMap(commandsOf);
  expect(commands.length).toBeGreaterThan(50);
  const problems = commands.flatMap((command) => {
    const problem = problemInCommand(command);
    return problem === undefined
      ? []
      : `${command.place} carillon ${command.words.join(' ')}: ${problem}`;
  });
  expect(problems).toEqual([]);
});

it('every example of the help is a command that exists, with its options', () => {
  const problems = COMMANDS.flatMap(({ name, examples }) => {
    const text = `\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`;
    const commands = commandsOf({ path: name, text, blocks: blocksOf(name, text), needs: [] });
    expect(commands.length, name).toBeGreaterThan(0);
    return commands.flatMap((command) => problemInCommand(command) ?? []);
  });
  expect(problems).toEqual([]);
});

it('finds commands in blocks and in sentences', () => {
  const text =
    'Run `carillon dev --port 8200`, not `the carillon`.\n' +
    "```sh\nA=$(npx carillon token create \\\n  --ttl 8h) | jq '.a b'\ncd carillon && npm ci\n```\n";
  const blocks = blocksOf('a.md', text);
  expect(commandsOf({ path: 'a.md', text, blocks, needs: [] })).toEqual([
    { place: 'a.md:2', words: ['token', 'create', '--ttl', '8h'], isMention: false },
    { place: 'a.md:1', words: ['dev', '--port', '8200'], isMention: true },
  ]);
});

it.each([
  [['evnts', 'subscribe', '*'], false],
  [['events', 'subscribe', '--fiter', 'a', '*'], false],
  [['dev', '--prot', '1'], true],
  [['events'], false],
])('refuses %j', (words, isMention) => {
  expect(problemInCommand({ place: '', words, isMention })).toBeDefined();
});

it.each([
  [['dev', '--data'], true],
  [['events'], true],
  [['events', 'subscribe', '-filter=a == b', '*'], false],
])('accepts %j', (words, isMention) => {
  expect(problemInCommand({ place: '', words, isMention })).toBeUndefined();
});
