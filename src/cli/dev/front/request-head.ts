/**
 * The head of an HTTP/1 request, changed where workerd would refuse a request that OpenBao and Vault answer. All else stays
 * byte for byte. Texts have a character for each byte.
 */

export type BodyLength = number | 'chunked';

export interface RequestHead {
  /** What workerd gets. */
  readonly text: string;
  readonly body: BodyLength;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([^\\x00-\\x20\\x7f]+) HTTP/1\\.([01])$`);
const NAME = new RegExp(`^${TOKEN}$`);

/** The verbs that workerd does not know, and the parameters of GET that ask for the same. Vault has only the first one. */
const PARAMETERS = new Map([
  ['LIST', 'list=true'],
  ['SCAN', 'scan=true'],
]);

/** Characters that workerd refuses in a URL, or takes for the end of its path. */
const UNREADABLE = /["#<>`\x80-\xff]/g;

/**
 * @param text ends with the empty line behind the headers
 * @returns undefined if two readers could understand it differently, or if it is malformed
 */
export function readHead(text: string): RequestHead | undefined {
  const [requestLine = '', ...headerLines] = text.slice(0, -4).split('\r\n');
  const [, method = '', target = '', version = ''] = REQUEST_LINE.exec(requestLine) ?? [];
  const framing = framingIn(headerLines);
  if (method === '' || framing === undefined) return undefined;
  const body = bodyLength(framing, version);
  if (body === undefined) return undefined;
  const parameter = PARAMETERS.get(method);
  const encoded = target.replace(UNREADABLE, escaped);
  const line =
    parameter === undefined
      ? `${method} ${encoded} HTTP/1.${version}`
      : `GET ${withParameter(encoded, parameter)} HTTP/1.${version}`;
  // HTTP/1.0 has no such header, but workerd requires it.
  const host = version === '0' && !framing.hasHost ? '\r\nHost: localhost' : '';
  return { text: `${line}${host}${text.slice(requestLine.length)}`, body };
}

/** In front of other parameters, because the first of two with one name counts. */
function withParameter(target: string, parameter: string): string {
  const [path = '', ...query] = target.split('?');
  return `${path}?${[parameter, ...(query.length === 0 ? [] : [query.join('?')])].join('&')}`;
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

interface Framing {
  readonly hasHost: boolean;
  readonly lengths: readonly string[];
  readonly encodings: readonly string[];
}

/** @returns undefined if a line is no header */
function framingIn(lines: readonly string[]): Framing | undefined {
  const lengths: string[] = [];
  const encodings: string[] = [];
  let hasHost = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    // A line feed alone may be a new line for somebody else.
    if (!NAME.test(name) || /[\r\n\0]/.test(line)) return undefined;
    const lowerCase = name.toLowerCase();
    if (lowerCase === 'content-length') lengths.push(line.slice(colon + 1));
    if (lowerCase === 'transfer-encoding') encodings.push(line.slice(colon + 1));
    hasHost ||= lowerCase === 'host';
  }
  return { hasHost, lengths, encodings };
}

/** One of the two headers, once, in the form that clients send. */
function bodyLength({ lengths, encodings }: Framing, version: string): BodyLength | undefined {
  if (lengths.length + encodings.length > 1) return undefined;
  const [encoding] = encodings;
  if (encoding !== undefined) {
    return version === '1' && /^[ \t]?chunked$/i.test(encoding) ? 'chunked' : undefined;
  }
  const [length = '0'] = lengths;
  return /^[ \t]?\d{1,15}$/.test(length) ? Number(length) : undefined;
}
