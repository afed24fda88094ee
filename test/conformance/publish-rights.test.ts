/** Who may publish what. */
import { describe, expect, it } from 'vitest';
import { type EventInput, publish } from './support/publish.ts';
import { type Answer, expectErrors, freshName, subscribeJson } from './support/target.ts';
import { ask, holderOf, makeNamespace } from './support/vault.ts';

interface Sender {
  readonly token: string;
  readonly namespace?: string;
}

function publishAs(sender: Sender, events: readonly EventInput[]): Promise<Answer> {
  return ask('sys/events/publish', { ...sender, body: events });
}

/** A policy that lets events of the types be published. */
function publishing(types: string, capability = 'update'): string {
  return `path "sys/events/publish/${types}" { capabilities = ["${capability}"] }`;
}

/** A policy that lets the path be written. */
function writing(path: string): string {
  return `path "${path}" { capabilities = ["create", "update"] }`;
}

describe('a publisher', () => {
  it.each(['update', 'create'])('needs "%s" on the path of the type', async (capability) => {
    const namespace = freshName();
    await using holder = await holderOf([publishing(`${namespace}/*`, capability)]);
    await using subscriber = await subscribeJson(`${namespace}/a`);
    const answer = await publishAs(holder, [{ event_type: `${namespace}/a`, id: 'x' }]);
    expect(answer).toMatchObject({ status: 200 });
    await subscriber.nextOf('x');
  });

  it.each(['read', 'list', 'subscribe', 'sudo'])('is not helped by "%s"', async (capability) => {
    const type = freshName();
    await using holder = await holderOf([publishing(type, capability)]);
    expectErrors(await publishAs(holder, [{ event_type: type }]), 403, [
      expect.stringContaining(`"sys/events/publish/${type}"`),
    ]);
  });

  it('who may not publish one event of a request publishes none, and is told which it is', async () => {
    const namespace = freshName();
    await using holder = await holderOf([publishing(`${namespace}/may`)]);
    await using subscriber = await subscribeJson(`${namespace}/*`);
    const answer = await publishAs(holder, [
      { event_type: `${namespace}/may` },
      { event_type: `${namespace}/may-not` },
    ]);
    expectErrors(answer, 403, [
      expect.stringMatching(
        new RegExp(`^event\\[1\\]: permission denied: .*"sys/events/publish/${namespace}/may-not"`),
      ),
    ]);
    const last = await publish(`${namespace}/last`);
    expect((await subscriber.framesUntil(last)).length).toBe(1);
  });

  it('needs to be allowed to write the path that the event says it is of', async () => {
    const event_type = freshName();
    const [own, foreign] = [`${freshName()}/a`, `${freshName()}/a`];
    await using holder = await holderOf([publishing(event_type), writing(own)]);
    await using subscriber = await subscribeJson(event_type);
    const events = [own, foreign].map((path) => ({ event_type, metadata: { path } }));
    expectErrors(await publishAs(holder, events), 403, [
      expect.stringMatching(new RegExp(`^event\\[1\\]: permission denied: .*"${foreign}"`)),
    ]);
    expect(await publishAs(holder, events.slice(0, 1))).toMatchObject({ status: 200 });
    expect((await subscriber.next()).text).toContain(own);
    await subscriber.nothingSoFar();
  });

  it('is held to the parameters that its policy names', async () => {
    const event_type = freshName();
    await using holder = await holderOf([
      `path "sys/events/publish/${event_type}" {
         capabilities      = ["update"]
         denied_parameters = { "source" = [] }
       }`,
    ]);
    expect(await publishAs(holder, [{ event_type }])).toMatchObject({ status: 200 });
    const forged = await publishAs(holder, [{ event_type, source: 'vault://other' }]);
    expect(forged).toMatchObject({ status: 403 });
  });

  it('cannot take an id before another publisher uses it', async () => {
    const event_type = freshName();
    await using one = await holderOf([publishing(event_type)]);
    await using other = await holderOf([publishing(event_type)]);
    const event = { event_type, id: 'same', source: 'vault://same' };
    for (const holder of [one, other]) {
      const { body } = await publishAs(holder, [event]);
      expect(JSON.parse(body)).toMatchObject({ accepted: 1, duplicates: 0 });
    }
  });
});

describe('a publisher in a namespace', () => {
  it('publishes in it and below it, and nowhere else', async () => {
    await using parent = await makeNamespace();
    await using inside = await makeNamespace(parent.path);
    await using child = await makeNamespace(inside.path);
    const event_type = freshName();
    const texts = ['', '+/', '+/+/'].map(
      (way) => `path "${way}sys/events/publish/*" { capabilities = ["update"] }`,
    );
    const holder = await holderOf(texts, inside.path);
    const sender = { token: holder.token, namespace: inside.path };

    for (const namespace of [undefined, inside.inEvents, child.inEvents]) {
      const event = namespace === undefined ? { event_type } : { event_type, namespace };
      expect(await publishAs(sender, [event])).toMatchObject({ status: 200 });
    }
    for (const namespace of ['/', parent.inEvents, `${inside.path}-not/`, 'no-such/']) {
      const answer = await publishAs(sender, [{ event_type, namespace }]);
      const named = JSON.stringify(namespace === '/' ? '' : namespace);
      expectErrors(answer, 403, [expect.stringContaining(`namespace ${named}`)]);
    }
  });

  it('counts the path of an event in the namespace that the event is of', async () => {
    await using parent = await makeNamespace();
    await using child = await makeNamespace(parent.path);
    const event_type = freshName();
    const [, name] = child.path.split('/');
    const holder = await holderOf(
      [`path "${name}/sys/events/publish/*" { capabilities = ["update"] }`, writing(`${name}/a`)],
      parent.path,
    );
    const sender = { token: holder.token, namespace: parent.path };
    const event = { event_type, namespace: child.inEvents };
    const [right, wrong] = ['a', `${name}/a`].map((path) => [{ ...event, metadata: { path } }]);
    expect(await publishAs(sender, right ?? [])).toMatchObject({ status: 200 });
    expect(await publishAs(sender, wrong ?? [])).toMatchObject({ status: 403 });
  });
});
