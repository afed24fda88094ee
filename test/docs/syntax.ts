/** Reads a block as what it is, with the parser that reads it in earnest, and says what is wrong with it. */
import { spawnSync } from 'node:child_process';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import { parsePolicy } from '../../src/policy/policy.ts';
import type { Block } from './document.ts';

type Reader = (text: string) => string | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  json: thrownBy(JSON.parse),
  toml: thrownBy(parseToml),
  yaml: (text) => parseAllDocuments(text).flatMap(({ errors }) => errors)[0]?.message,
  hcl: (text) => {
    const policy = parsePolicy(text);
    return policy.ok ? undefined : policy.failure.message;
  },
  sh: readScript,
  bash: readScript,
  js: (text) => said('node', ['--input-type=module', '--check'], text),
  python: (text) => said('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], text),
};

/**
 * Read by nothing here: pictures and transcripts, what a web server or systemd reads, TypeScript, which is compiled by
 * `types.test.ts` and, with React, by `test/browser/react-hook.test.ts`, and Go, which the tests of `client/go` compile.
 */
const UNREAD = new Set(['', 'text', 'ini', 'html', 'ts', 'tsx', 'go']);

/** @returns what is wrong with the block, if anything is */
export function problemIn({
  language,
  text,
}: Pick<Block, 'language' | 'text'>): string | undefined {
  if (UNREAD.has(language)) return undefined;
  const reader = READERS[language];
  return reader === undefined ? `no test reads "${language}"` : reader(text);
}

/** A block is pasted into zsh too, the shell of macOS, which runs a comment that is pasted as a command. */
function readScript(text: string): string | undefined {
  const outsideHereDocuments = text.replace(/<<-? *'?(\w+)'?.*\n[\s\S]*?\n\t*\1\n/g, '\n');
  const comment = outsideHereDocuments
    .split('\n')
    .find((line) => /(^|\s)#/.test(line.replace(/'[^']*'|"[^"]*"/g, '""')));
  if (comment !== undefined) return `zsh takes no comments that are pasted: ${comment}`;
  return said('bash', ['--noprofile', '--norc', '-n'], text);
}

function said(program: string, args: readonly string[], input: string): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8' });
  if (error !== undefined)
    return `${program} cannot be started: is it installed? (${error.message})`;
  return status === 0 ? undefined : stderr;
}

function thrownBy(parse: (text: string) => unknown): Reader {
  return (text) => {
    try {
      parse(text);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
}
