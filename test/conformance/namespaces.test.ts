import { describe, expect, it } from 'vitest';
import { RUN } from './support/coverage.ts';
import { publish } from './support/publish.ts';
import { freshName, subscribeJson } from './support/target.ts';
import { ask, ensureNamespace, holderOf, makeNamespace, succeed } from './support/vault.ts';

describe('the namespaces of a subscription', () => {
  for (const each of RUN.namespaces) {
    if (each.kind !== 'prepend') continue;
    const { id, request_namespace, namespaces_params, patterns } = each;
    const from = `${namespaces_params.map((value) => JSON.stringify(value))}`;
    it(`${id}: in "${request_namespace}", ${from || 'no parameter'} covers ${JSON.stringify(patterns)}`, async () => {
      await ensureNamespace(request_namespace);
      const { data } = await succeed('sys/events/explain', {
        namespace: request_namespace,
        body: { pattern: 'abc', namespaces: namespaces_params, event: { event_type: 'abc' } },
      });
      const { steps } = data as { steps: { step: string }[] };
      expect(steps.find(({ step }) => step === 'namespace')).toMatchObject({ patterns });
    });
  }

  for (const each of RUN.namespaces) {
    if (each.kind !== 'match') continue;
    const { id, request_namespace, namespaces_params, event_namespace, delivered } = each;
    const does = delivered ? 'hears' : 'does not hear';
    it(`${id}: "${request_namespace}" with [${namespaces_params}] ${does} "${event_namespace}"`, async () => {
      for (const namespace of [request_namespace, event_namespace])
        await ensureNamespace(namespace);
      const type = `${freshName()}/made`;
      await using subscriber = await subscribeJson(type, {
        namespace: request_namespace,
        namespaces: namespaces_params,
      });
      await using witness = await subscribeJson(type, { namespaces: ['*'] });
      const event = await publish(type, { namespace: event_namespace });
      await witness.nextOf(event);
      const marker = await publish(type, { namespace: request_namespace });
      const heard = await subscriber.framesUntil(marker);
      expect(heard.some(({ bytes }) => bytes.includes(event))).toBe(delivered);
    });
  }
});

describe('a namespace', () => {
  it('hears those below it where it asks to, and is never heard by them', async () => {
    await using parent = await makeNamespace();
    await using child = await makeNamespace(parent.path);
    await using grandchild = await makeNamespace(child.path);
    await using sibling = await makeNamespace(parent.path);
    const type = `${freshName()}/made`;
    const all = [parent, child, grandchild, sibling];
    const namespaces = ['*', '*/*'];
    await using above = await subscribeJson(type, { namespace: parent.path, namespaces });
    await using inside = await subscribeJson(type, { namespace: child.path, namespaces });
    await using alone = await subscribeJson(type, { namespace: child.path });

    for (const { inEvents } of all) await publish(type, { namespace: inEvents, note: inEvents });
    // Whoever hears an event was sent it before its publisher is answered, and all of them hear this one.
    const last = await publish(type, { namespace: child.inEvents, note: 'last' });
    const notesOf = async (subscriber: typeof above) =>
      (await subscriber.framesUntil(last))
        .map(
          ({ text }) => (JSON.parse(text) as { data: { event: { note: string } } }).data.event.note,
        )
        .sort();
    expect(await notesOf(above)).toEqual([...all.map(({ inEvents }) => inEvents), 'last'].sort());
    expect(await notesOf(inside)).toEqual([child.inEvents, grandchild.inEvents, 'last'].sort());
    expect(await notesOf(alone)).toEqual([child.inEvents, 'last'].sort());
  });

  it('is the same by its path in the URL, by the header, and by both', async () => {
    await using parent = await makeNamespace();
    await using child = await makeNamespace(parent.path);
    const [, name = ''] = child.path.split('/');
    const type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(type, { namespace: child.path });
    for (const [path, namespace] of [
      [`${child.path}/sys/events/publish/${type}`, ''],
      [`sys/events/publish/${type}`, child.inEvents],
      [`${name}/sys/events/publish/${type}`, `/${parent.path}`],
    ] as const) {
      await succeed(path, { namespace, body: {} });
      const { text } = await subscriber.next();
      expect(JSON.parse(text)).toMatchObject({ data: { namespace: child.inEvents } });
    }
  });

  it('has policies and identities of events of its own', async () => {
    await using one = await makeNamespace();
    await using other = await makeNamespace();
    const namespace = one.path;
    await succeed('sys/policies/acl/p', {
      namespace,
      method: 'PUT',
      body: { policy: 'path "a" { capabilities = ["read"] }' },
    });
    expect(await ask('sys/policies/acl/p', { namespace })).toMatchObject({ status: 200 });
    expect(await ask('sys/policies/acl/p', { namespace: other.path })).toMatchObject({
      status: 404,
    });

    const type = `${freshName()}/made`;
    const event = { id: 'same', source: 'vault://same' };
    await publish(type, { ...event, namespace: one.inEvents });
    await publish(type, { ...event, namespace: other.inEvents });
  });

  it('is not to be subscribed to by a token of another', async () => {
    await using one = await makeNamespace();
    await using other = await makeNamespace();
    const { token } = await holderOf(['path "*" { capabilities = ["read", "sudo"] }'], one.path);
    await using own = await subscribeJson('abc', { token, namespace: one.path });
    await own.nothingSoFar();
    for (const namespace of ['', other.path]) {
      await expect(subscribeJson('abc', { token, namespace })).rejects.toThrow(/\b403\b/);
    }
  });
});
