import { describe, expect, it } from 'vitest';
import { ApplyFixture, POLICY } from '../support/apply.ts';
import { commandLine, hasTerminal, Terminal } from '../support/terminal.ts';

const on = new ApplyFixture();

describe('--prune', () => {
  const prepare = async () => {
    for (const name of ['keep', 'old', 'team/old']) {
      await on.call('PUT', `sys/policies/acl/${name}`, { policy: POLICY });
    }
    await on.call('POST', 'auth/approle/role/old', {});
    await on.call('PUT', 'sys/namespaces/other', {});
    on.env.VAULT_NAMESPACE = `${on.namespace}/other`;
    await on.call('PUT', 'sys/policies/acl/theirs', { policy: POLICY });
    on.env.VAULT_NAMESPACE = on.namespace;
    return on.folder({
      'policies/keep.hcl': POLICY,
      'other.yaml': 'kind: namespace\nname: other\n',
    });
  };

  it('deletes what the files do not have: only of their kinds, and only where they have any', async () => {
    const path = await prepare();
    const plan =
      '- policy team/old\n- policy old\n0 to create, 0 to update, 2 to delete, 2 unchanged\n';
    expect(await on.diff(path, '--prune')).toEqual({ code: 2, stdout: plan, stderr: '' });
    expect(await on.diff(path)).toMatchObject({ code: 0 });
    expect(await on.apply(path, '--prune', '--yes')).toEqual({
      code: 0,
      stdout: plan,
      stderr: 'deleted policy team/old\ndeleted policy old\n',
    });
    expect(await on.call('GET', 'sys/policies/acl?list=true')).toEqual({
      keys: ['default', 'keep', 'root'],
    });
    expect(await on.call('GET', 'auth/approle/role?list=true')).toEqual({ keys: ['old'] });
    on.env.VAULT_NAMESPACE = `${on.namespace}/other`;
    expect(await on.call('GET', 'sys/policies/acl/theirs')).toMatchObject({ name: 'theirs' });
  });

  it('deletes nothing without --yes where nobody can be asked', async () => {
    const path = await prepare();
    const { code, stdout, stderr } = await on.apply(path, '--prune');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'carillon: --prune would delete 2 objects, and nobody at a terminal can confirm this; run the command again with --yes. Nothing was changed\n',
    });
    expect(stdout).toContain('- policy old\n');
    expect(await on.call('GET', 'sys/policies/acl/old')).toMatchObject({ name: 'old' });
  });

  it('deletes no namespace', async () => {
    const path = await prepare();
    on.write(path, 'other.yaml', 'kind: namespace\nname: mine\n');
    const { stdout } = await on.apply(path, '--prune', '--yes');
    expect(stdout).not.toContain('namespace other');
    expect(await on.call('GET', 'sys/namespaces/other')).toMatchObject({ custom_metadata: {} });
  });

  describe.runIf(hasTerminal)('at a terminal', () => {
    /** Answers the question, after something else has happened. */
    async function answer(keys: string, path: string, meanwhile = async () => {}) {
      const line = commandLine(['apply', '--prune', '-f', path]);
      const terminal = new Terminal(line, { NO_COLOR: '1', ...on.env });
      const question = await terminal.sees(/\(yes\/no\) /);
      await meanwhile();
      terminal.type(keys);
      const code = await terminal.finished;
      const shown = question + terminal.rest;
      return { code, shown: shown.replaceAll('\r\n', '\n') };
    }

    it('asks, and deletes if the answer is yes', async () => {
      const path = await prepare();
      const { code, shown } = await answer('yes\r', path);
      expect(code).toBe(0);
      expect(shown).toContain('Apply this, and delete 2 objects? (yes/no) ');
      expect(shown).toContain('deleted policy old\n');
    });

    it.each([
      ['no\r', 1],
      ['\r', 1],
      ['\x03', 130],
    ])('changes nothing after %j', async (keys, exitCode) => {
      const path = await prepare();
      on.write(path, 'policies/new.hcl', POLICY);
      expect((await answer(keys, path)).code).toBe(exitCode);
      expect(await on.call('GET', 'sys/policies/acl/old')).toMatchObject({ name: 'old' });
      expect(await on.call('GET', 'sys/policies/acl/new')).toEqual({});
    });

    it('does not overwrite what somebody else has written since the plan was shown', async () => {
      const path = await prepare();
      on.write(path, 'policies/keep.hcl', `${POLICY}# mine\n`);
      const theirs = `${POLICY}# theirs\n`;
      const { code, shown } = await answer('yes\r', path, async () => {
        await on.call('PUT', 'sys/policies/acl/keep', { policy: theirs });
      });
      expect(code).toBe(1);
      expect(shown).toContain(
        'carillon: policy keep was changed by somebody else since the plan was made; look at the new plan first; 0 of 3 changes were made',
      );
      expect(await on.call('GET', 'sys/policies/acl/keep')).toMatchObject({ policy: theirs });
    });
  });
});
