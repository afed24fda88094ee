/** CloudEvents as the SDK's own emitters send them, in each content mode. */
import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { type Header, rawRequest, TOKEN } from './support/raw-request.ts';
import { api, freshName, subscribeJson } from './support/target.ts';

interface Message {
  readonly headers: object;
  readonly body: unknown;
}

async function post({ headers, body }: Message): Promise<{ status: number; accepted?: number }> {
  const answer = await api('sys/events/publish', {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: typeof body === 'string' ? body : JSON.stringify(body ?? null),
  });
  const { accepted } = JSON.parse(answer.body || '{}') as { accepted?: number };
  return { status: answer.status, ...(accepted !== undefined && { accepted }) };
}

describe.each(['binary', 'structured'] as const)('a %s CloudEvent of the SDK', (mode) => {
  it.each([
    ['object', { n: 1, text: 'ü"☃' }, undefined],
    ['text', 'plain ☃', 'text/plain'],
    ['xml', '<a b="c"/>', 'application/xml'],
  ])('with %s data is accepted and delivered', async (_, data, datacontenttype) => {
    const type = `${freshName()}.made`;
    await using subscriber = await subscribeJson(type);
    const event = new CloudEvent({
      type,
      source: 'urn:example:a%20b',
      subject: 'https://github.com/x/y',
      id: 'id with blanks',
      comexampleextension: 'a "quoted" %41',
      count: 5,
      urgent: true,
      data,
      ...(datacontenttype && { datacontenttype }),
    });
    expect(await post(HTTP[mode](event))).toEqual({ status: 200, accepted: 1 });
    const frame = JSON.parse((await subscriber.next()).text);
    expect(frame).toMatchObject({ id: 'id with blanks', source: 'urn:example:a%20b' });
    expect(frame.data.event.metadata.subject).toBe('https://github.com/x/y');
  });
});

describe('the data of a CloudEvent in binary mode', () => {
  it('is the text that its charset says', async () => {
    const type = `${freshName()}.made`;
    await using subscriber = await subscribeJson(type);
    const attributes = { specversion: '1.0', id: '1', source: '/s', type };
    const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]);
    const answer = await api('sys/events/publish', {
      method: 'POST',
      headers: {
        ...Object.fromEntries(headers),
        'content-type': 'text/plain; charset=iso-8859-1',
      },
      body: Uint8Array.of(0x63, 0xe9),
    });
    expect(answer.status).toBe(200);
    const frame = JSON.parse((await subscriber.next()).text);
    expect(frame.data.event.metadata).toMatchObject({ data: 'cé' });
  });
});

describe('a batch of CloudEvents', () => {
  const headers = { 'content-type': 'Application/CloudEvents-Batch+JSON; charset="UTF-8"' };

  it('may be empty', async () => {
    expect(await post({ headers, body: [] })).toEqual({ status: 200, accepted: 0 });
  });

  it('is not refused for one whose subject can be no path', async () => {
    const type = freshName();
    const event = { specversion: '1.0', source: '/s', type };
    const body = [
      { ...event, id: '1', subject: 'a//b' },
      { ...event, id: '2', subject: 'a/b' },
    ];
    expect(await post({ headers, body })).toEqual({ status: 200, accepted: 2 });
  });
});

describe('a header of a CloudEvent in binary mode', () => {
  /** Node writes each character of a header as one byte. */
  const publish = (subject: string, contentType = 'text/plain') => {
    const headers: Header[] = [
      TOKEN,
      ['ce-specversion', '1.0'],
      ['ce-id', freshName()],
      ['ce-source', '/s'],
      ['ce-type', `${freshName()}.made`],
      ['ce-subject', subject],
      ['Content-Type', contentType],
      ['Content-Length', '0'],
    ];
    return rawRequest({ method: 'POST', path: '/v1/sys/events/publish', headers });
  };

  it('may have bytes that are not escaped, in UTF-8', async () => {
    const bytes = Buffer.from('Zürich').toString('latin1');
    expect((await publish(bytes)).status).toBe(200);
  });

  it('may have the escaped character that stands for bytes which are no text', async () => {
    expect((await publish('Z%EF%BF%BDrich')).status).toBe(200);
  });

  it('is refused with bytes of another charset', async () => {
    const answer = await publish('Zürich');
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('the header ce-subject has bytes that are not UTF-8');
    expect(answer.body).toContain('percent-encoded');
    const other = await publish('Zurich', 'text/plain; title=Zürich');
    expect(other.body).toContain('the header content-type has bytes that are not UTF-8');
  });
});
