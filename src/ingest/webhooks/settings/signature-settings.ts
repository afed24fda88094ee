/** The `signature` of a source of kind `hmac`: how its deliveries are signed. */
import type { Fields } from '../../../lib/fields.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_TEMPLATE_CHARACTERS } from '../../limits.ts';
import { HEADER_NAME } from '../headers.ts';
import { PLACEHOLDER, type SignatureSettings } from '../verifiers/hmac-signature.ts';

const ALGORITHMS: ReadonlyMap<string, SignatureSettings['algorithm']> = new Map([
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
  ['sha1', 'SHA-1'],
]);
const ENCODINGS: readonly string[] = ['hex', 'base64'] satisfies SignatureSettings['encoding'][];
const HEADERS = ['header', 'timestamp_header', 'id_header'] as const;
const KEYS = [
  ...HEADERS,
  ...(['algorithm', 'encoding', 'prefix', 'signed', 'signature_pair', 'timestamp_pair'] as const),
];
type Written = Readonly<Partial<Record<(typeof KEYS)[number], string>>>;
/** A name of a pair that the verifier can find. */
const PAIR = /^[^\s,;=]{1,128}$/;

export function readSignature(fields: Fields): SignatureSettings | undefined {
  if (!isJsonObject(fields.raw('signature'))) {
    fields.reject(
      'a source of kind "hmac" needs signature, such as {"header": "X-Signature", "prefix": "sha256="}',
    );
    return undefined;
  }
  const signature = fields.object('signature');
  signature.rejectUnknown(KEYS);
  const texts = KEYS.map((key) => [key, signature.string(key)] as const);
  return fields.take(checkSignature(Object.fromEntries(texts)), undefined);
}

function checkSignature(written: Written): Result<SignatureSettings> {
  const { header = '', algorithm: name = 'sha256', encoding = 'hex' } = written;
  const { timestamp_header: timestamp, timestamp_pair: timestampPair, id_header: id } = written;
  const { signature_pair: pair, prefix = pair ?? '' } = written;
  for (const key of HEADERS) {
    const text = key === 'header' ? header : written[key];
    if (text !== undefined && !HEADER_NAME.test(text)) {
      return invalid(`signature.${key} is ${quote(text)}, no name of a header`);
    }
  }
  const algorithm = ALGORITHMS.get(name);
  if (algorithm === undefined) return invalid(unknownAlgorithm(name));
  if (!isEncoding(encoding)) {
    const known = ENCODINGS.map(quote).join(' and ');
    return invalid(`signature.encoding is ${quote(encoding)}; there are ${known}`);
  }
  const pairs = checkPairs(written);
  if (!pairs.ok) return pairs;
  const hasTime = timestamp !== undefined || timestampPair !== undefined;
  const { signed = hasTime ? '{timestamp}.{body}' : '{body}' } = written;
  const template = checkTemplate(signed, prefix, { hasTime, hasId: id !== undefined });
  if (!template.ok) return template;
  return ok({
    header,
    algorithm,
    encoding,
    form: pair === undefined ? 'plain' : 'pairs',
    prefix,
    signed,
    ...(timestamp !== undefined && { timestamp }),
    ...(timestampPair !== undefined && { timestampPair }),
    ...(id !== undefined && { id }),
  });
}

function unknownAlgorithm(name: string): string {
  const known = [...ALGORITHMS.keys()].map(quote).join(', ');
  return `signature.algorithm is ${quote(name)}; there are ${known}, each as HMAC with a secret that both sides know. A signature by a key pair needs a kind of its own: see "kind"`;
}

function isEncoding(text: string): text is SignatureSettings['encoding'] {
  return ENCODINGS.includes(text);
}

function checkPairs(written: Written): Result<Written> {
  const { signature_pair, timestamp_pair, timestamp_header, prefix } = written;
  for (const [key, text] of Object.entries({ signature_pair, timestamp_pair })) {
    if (text !== undefined && !PAIR.test(text)) {
      return invalid(
        `signature.${key} is ${quote(text)}; it is the name before the "=", such as "v1"`,
      );
    }
  }
  if (signature_pair !== undefined && prefix !== undefined) {
    return invalid(
      'signature.prefix stands before the whole header, and signature.signature_pair names one of its pairs; give one of them',
    );
  }
  if (timestamp_pair === undefined) return ok(written);
  if (signature_pair === undefined) {
    return invalid(
      'signature.timestamp_pair needs signature.signature_pair: the header is then read as "t=<time>,v1=<signature>"',
    );
  }
  return timestamp_header === undefined
    ? ok(written)
    : invalid(
        'signature has both timestamp_pair and timestamp_header; the time stands in one of them',
      );
}

function checkTemplate(
  signed: string,
  prefix: string,
  { hasTime, hasId }: { readonly hasTime: boolean; readonly hasId: boolean },
): Result<string> {
  if (signed.length > MAX_TEMPLATE_CHARACTERS || prefix.length > MAX_TEMPLATE_CHARACTERS) {
    return invalid(
      `signature.signed and prefix have at most ${MAX_TEMPLATE_CHARACTERS} characters`,
    );
  }
  if (signed.split('{body}').length !== 2) {
    return invalid(`signature.signed is ${quote(signed)}; "{body}" must stand in it once`);
  }
  const literal = signed.split(PLACEHOLDER).filter((part) => !PLACEHOLDER.test(part));
  const other = literal.join(' ').match(/\{[^}]*\}?/)?.[0];
  if (other !== undefined) {
    return invalid(
      `signature.signed has ${quote(other)}; "{body}", "{timestamp}", "{id}", "{method}", "{url}" and "{header:<name>}" are substituted`,
    );
  }
  for (const [, name = ''] of signed.matchAll(/\{header:([^{}]+)\}/g)) {
    if (!HEADER_NAME.test(name)) {
      return invalid(`signature.signed: ${quote(name)} is no name of a header`);
    }
  }
  if (signed.includes('{timestamp}') !== hasTime) {
    return invalid(
      'signature.timestamp_header or timestamp_pair says where the value for "{timestamp}" in signature.signed comes from; give both or neither',
    );
  }
  return signed.includes('{id}') && !hasId
    ? invalid(
        'signature.id_header names the header whose value stands for "{id}" in signature.signed; give it',
      )
    : ok(signed);
}

/** The settings as an operator would write them. */
export function shownSignature(signature: SignatureSettings): Written {
  const { header, algorithm, encoding, form, prefix, signed, timestamp, timestampPair, id } =
    signature;
  const [name] = [...ALGORITHMS].find(([, each]) => each === algorithm) ?? [];
  return {
    header,
    algorithm: name ?? algorithm,
    encoding,
    ...(form === 'pairs' ? { signature_pair: prefix } : { prefix }),
    signed,
    ...(timestamp !== undefined && { timestamp_header: timestamp }),
    ...(timestampPair !== undefined && { timestamp_pair: timestampPair }),
    ...(id !== undefined && { id_header: id }),
  };
}
