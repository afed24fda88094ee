import { describe, expect, it } from 'vitest';
import { unknownCommand } from '../../src/cli/command/find-command.ts';
import { ENTRIES } from '../../src/cli/commands.ts';

describe('a command that there is not', () => {
  it.each([
    ['event subscribe', 'there is no command "event subscribe"; did you mean "events subscribe"?'],
    ['events subscibe', 'there is no command "events subscibe"; did you mean "events subscribe"?'],
    ['Events publish', 'there is no command "Events publish"; did you mean "events publish"?'],
    ['policys check a', 'there is no command "policys check"; did you mean "policy check"?'],
    ['tokne', 'there is no command "tokne"; did you mean "token"?'],
    ['subscribe', 'there is no command "subscribe"; did you mean "events subscribe"?'],
    ['lookup', 'there is no command "lookup"; did you mean "token lookup" or "namespace lookup"?'],
    ['kv put', 'there is no command "kv"'],
    ['--namespace a policy list', 'flags stand after the command'],
  ])('is named, with the nearest: %s', (line, message) => {
    expect(unknownCommand(line.split(' '), ENTRIES)).toBe(message);
  });

  it.each([
    ['ctk.4pVwZ1TG65d404v6.a7abc1ca', 'the first word is not a command'],
    ['token ctk.4pVwZ1TG65d404v6', 'there is no such command of "carillon token"'],
    ['token correcthorsebattery', 'there is no such command of "carillon token"'],
    ['tokens ctk.4pVwZ1TG65d404v6', 'there is no command "tokens"; did you mean "token"?'],
  ])('is not repeated if it may be a secret: %s', (line, message) => {
    expect(unknownCommand(line.split(' '), ENTRIES)).toBe(message);
  });
});

it('a command is loaded by the name that it declares', async () => {
  for (const entry of ENTRIES) expect((await entry.load()).name).toBe(entry.name);
});
