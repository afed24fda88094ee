/** The table of all kinds. `kind.ts` explains how to add one. */
import type { MappingDefaults } from '../mapping/mapping.ts';
import { CHAT } from './chat.ts';
import { CLOUD } from './cloud.ts';
import { CODE } from './code.ts';
import { COMMERCE } from './commerce.ts';
import { CUSTOM } from './custom.ts';
import type { Kind } from './kind.ts';
import { MAIL } from './mail.ts';
import { OFFICE } from './office.ts';
import { QUEUE } from './queue.ts';

export const KINDS: Readonly<Record<string, Kind>> = {
  ...CODE,
  ...COMMERCE,
  ...CHAT,
  ...CLOUD,
  ...MAIL,
  ...OFFICE,
  ...CUSTOM,
  ...QUEUE,
};

/** The defaults for CloudEvents, whatever the kind of the source. */
export const CLOUDEVENTS: MappingDefaults = {
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
