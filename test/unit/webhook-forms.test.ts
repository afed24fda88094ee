/** Forms, which are read before it is known who has sent them, and of which Twilio signs the fields alone. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_FORM_FIELDS } from '../../src/ingest/limits.ts';
import { readDocuments } from '../../src/ingest/webhooks/body/documents.ts';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource } from '../../src/ingest/webhooks/source.ts';
import { verifyDelivery } from '../../src/ingest/webhooks/verify-delivery.ts';
import { invalid } from '../../src/lib/result.ts';
import { accepted, failureOf } from './support/result.ts';
import { NOTHING_FETCHED, sentWith } from './support/sent.ts';

const SECRET = '12345678';
const ADDRESS = 'https://events.example.com/v1/sys/events/in/from';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const settings = accepted(checkSettings('from', { kind: 'twilio' }));
const source = accepted(compileSource('from', settings, [SECRET]));

function fieldsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `f${index}=`).join('&');
}

/** As Twilio signs: the address, then names and values in the order of the names. */
function signatureOf(fields: Readonly<Record<string, string>>): string {
  const text = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha1', SECRET)
    .update(ADDRESS + text.flat().join(''))
    .digest('base64');
}

async function receive(form: string, signature: string) {
  if (source.body !== 'document') throw new Error('it has documents');
  const sent = sentWith({ ...FORM, 'X-Twilio-Signature': signature }, form);
  const proof = await verifyDelivery(source, sent, Date.now(), NOTHING_FETCHED);
  return proof.ok ? readDelivery(source, sent, proof.value) : invalid(proof.failure.message);
}

describe('a form', () => {
  it('has no more fields than are allowed', () => {
    const read = (text: string) =>
      readDocuments(new Headers(FORM), new TextEncoder().encode(text), {
        isSigned: true,
        signsFields: false,
      });
    accepted(read(fieldsOf(MAX_FORM_FIELDS)));
    for (const text of [fieldsOf(MAX_FORM_FIELDS + 1), '&'.repeat(1_000_000)]) {
      expect(failureOf(read(text))).toMatchObject({
        reason: 'too_large',
        message: `the form has more than ${MAX_FORM_FIELDS} fields (MAX_FORM_FIELDS)`,
      });
    }
  });

  it('is one also where a proxy has written its content type twice', () => {
    const type = 'application/x-www-form-urlencoded, application/x-www-form-urlencoded';
    const read = readDocuments(
      new Headers({ 'Content-Type': type }),
      new TextEncoder().encode('a=1'),
      { isSigned: true, signsFields: false },
    );
    expect(accepted(read)).toMatchObject({ document: { a: '1' } });
  });

  it('of Twilio is not sorted before it is known to be small', async () => {
    expect(failureOf(await receive(fieldsOf(100_000), 'AAAA'))).toMatchObject({
      message: expect.stringContaining('MAX_FORM_FIELDS'),
    });
  });
});

describe('a form that Twilio has signed', () => {
  // Whoever writes to a number chooses the text of the message.
  const TEXT = '"}{"EventType":"forged","z":"';
  const FIELDS = { AccountSid: 'AC1', Body: TEXT, From: '1', SmsStatus: 'received' };
  const signature = signatureOf(FIELDS);

  it('is its fields', async () => {
    const form = new URLSearchParams(FIELDS).toString();
    expect(accepted(await receive(form, signature))).toMatchObject({
      events: [
        { body: { event_type: 'twilio/received', metadata: { account: 'AC1', from: '1' } } },
      ],
    });
  });

  it('is never read as JSON, however its fields are divided', async () => {
    const all = Object.entries(FIELDS).flat().join('');
    const at = all.indexOf('{');
    const divided = `${all.slice(at)}&${all.slice(0, at - 2)}="}`;
    expect(JSON.parse(divided)).toMatchObject({ EventType: 'forged' });
    const reading = accepted(await receive(divided, signature));
    expect(JSON.stringify(reading)).not.toContain('twilio/forged');
  });
});
