import { describe, expect, it } from 'vitest';
import { lineForNpm } from '../../src/cli/dev/npm.ts';
import { configuredVariables, variablesOf } from '../../src/cli/dev/variables.ts';

const KNOWN = configuredVariables(
  '[vars]\nCLUSTER_NAME = "carillon"\nALLOWED_ORIGINS = "*"\nUPSTREAM_ADDR = ""\n',
);

function given(
  pairs: readonly string[],
  upstream?: string,
  file = {},
  defaults = {},
  implied = {},
) {
  const options = { upstream: ['UPSTREAM_ADDR', upstream] } as const;
  return variablesOf(KNOWN, { defaults, file, implied, pairs, options });
}

describe('the variables of the local server', () => {
  it('are those of wrangler.toml, and what the options say in their place', () => {
    const pairs = ['CLUSTER_NAME=a', 'ALLOWED_ORIGINS=', 'CLUSTER_NAME=b=c'];
    expect(given(pairs, 'http://127.0.0.1:8200')).toEqual({
      ok: true,
      value: {
        CLUSTER_NAME: 'b=c',
        ALLOWED_ORIGINS: '',
        UPSTREAM_ADDR: 'http://127.0.0.1:8200',
      },
    });
  });

  it('are taken from options before .dev.vars, and from there before wrangler.toml', () => {
    const file = { CLUSTER_NAME: 'of-file', ALLOWED_ORIGINS: 'of-file' };
    const defaults = { UPSTREAM_ADDR: 'of-server', ALLOWED_ORIGINS: 'of-server' };
    expect(given(['CLUSTER_NAME=of-option'], undefined, file, defaults)).toEqual({
      ok: true,
      value: {
        CLUSTER_NAME: 'of-option',
        ALLOWED_ORIGINS: 'of-file',
        UPSTREAM_ADDR: 'of-server',
      },
    });
  });

  it('that an option implies replace those of .dev.vars, and --var replaces both', () => {
    const file = { CLUSTER_NAME: 'of-file', ALLOWED_ORIGINS: 'of-file' };
    const implied = { CLUSTER_NAME: 'implied', ALLOWED_ORIGINS: 'implied' };
    expect(given(['CLUSTER_NAME=of-var'], undefined, file, {}, implied)).toMatchObject({
      value: { CLUSTER_NAME: 'of-var', ALLOWED_ORIGINS: 'implied' },
    });
  });

  it.each([
    ['CLUSTER', '--var must be NAME=VALUE, such as CLUSTER_NAME=b'],
    ['=b', '--var must be NAME=VALUE, such as CLUSTER_NAME=b'],
    [
      'CLUSTER=b',
      '--var CLUSTER: wrangler.toml has no such variable; it has CLUSTER_NAME, ALLOWED_ORIGINS, UPSTREAM_ADDR',
    ],
    ['toString=b', '--var toString: wrangler.toml has no such variable'],
    ['ROOT_TOKEN=secret', '--var ROOT_TOKEN: wrangler.toml has no such variable'],
    ['UPSTREAM_ADDR=x', '--upstream and --var UPSTREAM_ADDR exclude each other'],
  ])('are refused: %s', (pair, message) => {
    expect(given([pair], 'http://127.0.0.1:8200')).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining(message) },
    });
  });
});

describe('options that npm kept', () => {
  const names = ['port', 'data', 'root-token', 'root-token-file', 'allow-loopback-http'];
  const start = (kept: Record<string, string>) => ({ npm_lifecycle_event: 'start', ...kept });

  it.each([
    [['8337'], { npm_config_port: 'true' }, 'npm start -- --port 8337'],
    [[], { npm_config_port: '8337' }, 'npm start -- --port 8337'],
    [['8337', 'x'], { npm_config_port: 'true', npm_config_data: 'true' }, '--port … --data …'],
    [['secret'], { npm_config_root_token: 'true' }, 'npm start -- --root-token …'],
    [[], { npm_config_root_token_file: 'secret' }, 'npm start -- --root-token-file …'],
  ])('are named in the line to write: %j %j', (positionals, kept, line) => {
    expect(lineForNpm(names, positionals, start(kept))).toContain(line);
  });

  it('are none where npm did not start the command, or kept nothing', () => {
    expect(lineForNpm(names, ['8337'], { npm_config_port: 'true' })).toBeUndefined();
    expect(lineForNpm(names, ['8337'], start({}))).toBeUndefined();
  });
});
