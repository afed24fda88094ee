import { describe, expect, it, vi } from 'vitest';
import { allDocuments, blocksOf, placeOf } from './document.ts';
import { problemIn } from './syntax.ts';

const blocks = allDocuments().flatMap((document) => document.blocks);

/** Why a block is not pasted. Each reason more is a part of the documents that may rot. */
const REASONS = [
  'installs Carillon, as CI does before these tests',
  'needs a Cloudflare account',
  'needs a Kubernetes cluster',
  'needs a container engine',
  'needs a server elsewhere',
  'runs other tests or benchmarks',
  'the tests in a browser do this',
];

it('every block that is not pasted says why, with one of few reasons', () => {
  const reasons = new Set(blocks.flatMap(({ attributes: { skip } }) => skip ?? []));
  expect([...reasons].sort()).toEqual([...REASONS].sort());
});

it('every block is what its fence says', () => {
  const problems = blocks.flatMap((block) => {
    const problem = problemIn(block);
    return problem === undefined ? [] : `${placeOf(block)}: ${problem}`;
  });
  expect(problems).toEqual([]);
});

describe('a block', () => {
  it('has the attributes that follow its language', () => {
    const text = '```sh terminal=2 until="listens on"\nnpm start\n```\n';
    expect(blocksOf('a.md', text)).toEqual([
      {
        document: 'a.md',
        line: 1,
        language: 'sh',
        attributes: { terminal: '2', until: 'listens on' },
        text: 'npm start\n',
      },
    ]);
  });

  it('is refused with an attribute that does not exist, or without its end', () => {
    expect(() => blocksOf('a.md', '\n```sh untill=x\n```')).toThrow('a.md:2: no block has');
    expect(() => blocksOf('a.md', '```sh\n')).toThrow('a.md:1: the block is not closed');
  });

  it.each([
    ['json', '{"id":}'],
    ['hcl', 'path "a" { capabilities = ["fly"] }'],
    ['toml', 'a ='],
    ['yaml', 'a: [1'],
    ['js', 'const {'],
    ['sh', 'echo "a'],
    ['sh', 'echo a # b'],
    ['cobol', 'MOVE A TO B'],
  ])('of %s that is wrong is found: %s', (language, text) => {
    expect(problemIn({ language, text })).toBeDefined();
  });

  it('that nothing can read says which program lacks', () => {
    vi.stubEnv('PATH', '');
    try {
      expect(problemIn({ language: 'python', text: 'a = 1' })).toMatch(
        /^python3 cannot be started/,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('may have a comment in a here document or in a word of the shell', () => {
    const text = "cat > a <<'END'\n# b\nEND\necho 'a # b' \"c # d\" e#f\n";
    expect(problemIn({ language: 'sh', text })).toBeUndefined();
  });
});
