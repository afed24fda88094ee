/**
 * The kinds of sources: how a delivery proves where it comes from, and what becomes of it unless told. A kind is
 * data; where a vendor does what data cannot say, a small function of `signature.ts`, `scheme.ts` or `handshake.ts`.
 */
import type { Kind } from './kind.ts';
import { CHAT } from './kinds/chat.ts';
import { CLOUD } from './kinds/cloud.ts';
import { CODE } from './kinds/code.ts';
import { COMMERCE } from './kinds/commerce.ts';
import { GENERAL } from './kinds/general.ts';
import { MAIL } from './kinds/mail.ts';
import { OFFICE } from './kinds/office.ts';

export const KINDS: Readonly<Record<string, Kind>> = {
  ...CODE,
  ...COMMERCE,
  ...CHAT,
  ...CLOUD,
  ...MAIL,
  ...OFFICE,
  ...GENERAL,
};

/** What becomes of a CloudEvent, of any kind of source that says nothing of it. */
export const CLOUDEVENTS: Pick<Kind, 'eventType' | 'mapping'> & { readonly keepsIds: true } = {
  keepsIds: true,
  eventType: '{source}/{/type|"other"}',
  mapping: {
    id: '{/id}',
    path: '{source}/{/subject|/type|"other"}',
    time: '{/time}',
    metadata: {
      type: '/type',
      subject: '/subject',
      dataschema: '/dataschema',
      data: '/data',
      data_base64: '/data_base64',
    },
  },
};
