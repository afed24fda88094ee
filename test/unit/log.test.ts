import { expect, it } from 'vitest';
import { hideSecretsOf, withoutSecrets } from '../../src/lib/log.ts';

it('hides every value of the secrets, also while they rotate', () => {
  const [root, oldRoot] = ['a-new-root-token', 'the-old-root-token'];
  const [key, oldKey] = ['bmV3IGtleSBvZiB0aGUgc291cmNlcw', 'b2xkIGtleSBvZiB0aGUgc291cmNlcw'];
  hideSecretsOf({ ROOT_TOKEN: `${root},${oldRoot}`, SOURCE_KEY: `${key}, ${oldKey}` });
  expect(withoutSecrets(`${root} ${oldRoot} ${key} ${oldKey}`)).toBe('… … … …');
});

it('hides no ordinary word that somebody chose as a root token', () => {
  hideSecretsOf({ ROOT_TOKEN: 'root', SOURCE_KEY: null });
  expect(withoutSecrets('the root namespace')).toBe('the root namespace');
});
