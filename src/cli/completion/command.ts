/** `carillon completion` */
import { ok } from '../../lib/result.ts';
import { command } from '../command/command.ts';
import { SCRIPTS } from './scripts.ts';

export const completion = command({
  name: 'completion',
  summary: 'Print a script that completes commands in bash, zsh or fish',
  description:
    'Print a script for your shell. After it is installed, Tab completes commands, flags, their values, event types and files.',
  arguments: [{ name: 'shell', help: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] }],
  notes:
    'The script calls "carillon", which must be in PATH. In bash and zsh the line of the example works in the running shell; write it into ~/.bashrc or ~/.zshrc (after compinit) to keep it.',
  examples: [
    'eval "$(carillon completion bash)"',
    'eval "$(carillon completion zsh)"',
    'carillon completion fish > ~/.config/fish/completions/carillon.fish',
  ],
  async run(_values, [shell]) {
    process.stdout.write(SCRIPTS[shell as keyof typeof SCRIPTS]);
    return ok(0);
  },
});
