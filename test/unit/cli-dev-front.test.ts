/** What the front of the local server changes of the bytes of a connection: the heads that workerd would refuse, and no more. */
import { describe, expect, it } from 'vitest';
import { readHead } from '../../src/cli/dev/front/request-head.ts';
import { RequestRewriter } from '../../src/cli/dev/front/request-rewriter.ts';
import { MAX_REWRITTEN_HEAD_BYTES } from '../../src/cli/dev/limits.ts';
import { Random } from '../faults/random.ts';

/** What is sent on of a text that comes in parts. */
function sentOn(parts: readonly string[]): string {
  const rewriter = new RequestRewriter();
  const sent = [...parts.flatMap((part) => rewriter.push(bytes(part))), ...rewriter.end()];
  return Buffer.concat(sent).toString('latin1');
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

describe('a verb that workerd does not know', () => {
  it.each([
    ['LIST /v1/a', 'GET /v1/a?list=true'],
    ['LIST /v1/a/', 'GET /v1/a/?list=true'],
    ['LIST /v1/a?b=c&d', 'GET /v1/a?list=true&b=c&d'],
    ['LIST /v1/a?list=false', 'GET /v1/a?list=true&list=false'],
    ['LIST /v1/a?b=c?d', 'GET /v1/a?list=true&b=c?d'],
    ['LIST /v1/a?', 'GET /v1/a?list=true&'],
    ['LIST /v1/a#b', 'GET /v1/a%23b?list=true'],
    ['LIST http://host/v1/a', 'GET http://host/v1/a?list=true'],
    ['SCAN /v1/a?after=b', 'GET /v1/a?scan=true&after=b'],
  ])('%s becomes %s', (written, sent) => {
    const rest = head(' HTTP/1.1', 'Host: a', 'X-Vault-Token: LIST /v1/a');
    expect(sentOn([written + rest])).toBe(sent + rest);
  });

  it.each(['list /v1/a', 'LISTS /v1/a', 'GET /v1/LIST', 'XLIST /v1/a'])('is not %s', (written) => {
    const text = head(`${written} HTTP/1.1`, 'Host: a');
    expect(sentOn([text])).toBe(text);
  });

  it('is not in a body', () => {
    const body = head('LIST /v1/a HTTP/1.1', 'Host: a');
    const text = head('POST /v1/a HTTP/1.1', `Content-Length: ${body.length}`) + body;
    expect(sentOn([text, text])).toBe(text + text);
  });
});

describe('characters that workerd refuses in a URL', () => {
  it('are escaped, and all others stay', () => {
    const all = Array.from({ length: 0x100 - 0x21 }, (_, index) =>
      String.fromCharCode(index + 0x21),
    );
    const target = all.filter((character) => character !== '\x7f').join('');
    const sent = sentOn([head(`GET /${target} HTTP/1.1`)]);
    expect(sent).toBe(
      head(
        `GET /${target.replace(/["#<>`]|[\x80-\xff]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)} HTTP/1.1`,
      ),
    );
  });
});

describe('HTTP/1.0', () => {
  it('may leave out Host, which workerd requires', () => {
    expect(sentOn(['OPTIONS /v1/sys/health HTTP/1.0\r\n\r\n'])).toBe(
      'OPTIONS /v1/sys/health HTTP/1.0\r\nHost: localhost\r\n\r\n',
    );
    const text = head('GET / HTTP/1.0', 'hOST: a');
    expect(sentOn([text])).toBe(text);
  });
});

const LIST = head('LIST /v1/a HTTP/1.1', 'Host: a');
const LISTED = head('GET /v1/a?list=true HTTP/1.1', 'Host: a');

describe('what two readers could understand differently', () => {
  it.each([
    ['two lengths', head('POST / HTTP/1.1', 'Content-Length: 1', 'Content-Length: 1')],
    ['a list of lengths', head('POST / HTTP/1.1', 'Content-Length: 1, 1')],
    ['a length that is no number', head('POST / HTTP/1.1', 'Content-Length: +1')],
    ['a length beyond all numbers', head('POST / HTTP/1.1', `Content-Length: ${'9'.repeat(16)}`)],
    [
      'a length and an encoding',
      head('POST / HTTP/1.1', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    ],
    ['two encodings', head('POST / HTTP/1.1', 'Transfer-Encoding: gzip, chunked')],
    ['an unknown encoding', head('POST / HTTP/1.1', 'Transfer-Encoding: xchunked')],
    ['an encoding in HTTP/1.0', head('POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked')],
    ['a header that goes on in the next line', head('GET / HTTP/1.1', 'A: b', ' c')],
    ['a blank in front of a colon', head('GET / HTTP/1.1', 'Content-Length : 1')],
    ['a line without a colon', head('GET / HTTP/1.1', 'A')],
    ['a line feed without a carriage return', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a carriage return without a line feed', head('GET / HTTP/1.1', 'A: b\rc')],
    ['a blank in the URL', head('GET /a b HTTP/1.1')],
    ['another version', head('GET / HTTP/1.2')],
    ['no version', 'GET /\r\n\r\n'],
    [
      'a malformed size of a chunk',
      `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}x\r\n`,
    ],
    ['no size of a chunk', `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}\r\n`],
    [
      'a chunk that is longer than its size',
      `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}1\r\nab\r\n`,
    ],
    [
      'a size that ends with a line feed',
      `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}1\nab\r\n`,
    ],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01'],
  ])('is passed on as it is, and so is all behind it: %s', (_, text) => {
    expect(sentOn([LIST, text, LIST])).toBe(LISTED + text + LIST);
    expect(sentOn([...(LIST + text + LIST)])).toBe(LISTED + text + LIST);
  });

  it('is a head that is too long', () => {
    const long = head(
      'LIST /v1/a HTTP/1.1',
      `X-Vault-Token: ${'t'.repeat(MAX_REWRITTEN_HEAD_BYTES)}`,
    );
    for (const split of [1000, MAX_REWRITTEN_HEAD_BYTES, long.length - 1]) {
      const sent = sentOn([long.slice(0, split), long.slice(split), LIST]);
      expect(sent === long + LIST).toBe(true);
    }
  });
});

describe('frames of a WebSocket', () => {
  const upgrade = head('GET /v1/a HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket');

  it('are sent on at once, whatever is in them', () => {
    const rewriter = new RequestRewriter();
    rewriter.push(bytes(upgrade));
    const frame = bytes(`\x81${LIST}`);
    expect(rewriter.push(frame.subarray(0, 1))).toEqual([frame.subarray(0, 1)]);
    expect(rewriter.push(frame.subarray(1))).toEqual([frame.subarray(1)]);
  });

  it('may be missing: a client whose handshake was refused can list', () => {
    expect(sentOn([upgrade, LIST])).toBe(upgrade + LISTED);
  });
});

it('a head that never ends is sent on when its client says no more', () => {
  expect(sentOn(['LIST /v1/a HTT'])).toBe('LIST /v1/a HTT');
});

it('a long line of blanks takes no time', () => {
  const blanks = ' '.repeat(100_000);
  const begin = performance.now();
  readHead(
    head(
      'GET / HTTP/1.1',
      `Content-Length:${blanks}x`,
      `Transfer-Encoding:${blanks}x`,
      `A:${blanks}`,
    ),
  );
  readHead(head('GET / HTTP/1.1', ...Array.from({ length: 30_000 }, () => 'a:')));
  expect(performance.now() - begin).toBeLessThan(1000);
});

describe('requests in any parts', () => {
  const random = new Random(20_261_130);
  const pick = <T>(list: readonly T[]): T => random.pick(list);
  const text = (length: number) =>
    Array.from({ length }, () =>
      pick(['a', '\r', '\n', '\0', '\xff', 'LIST / HTTP/1.1\r\n\r\n']),
    ).join('');

  function aChunkedBody(): string {
    const chunks = Array.from({ length: random.integer(0, 3) }, () => {
      const content = text(random.integer(1, 20));
      const size = pick([
        (n: number) => n.toString(16),
        (n: number) => `0${n.toString(16).toUpperCase()}`,
      ]);
      return `${size(content.length)}${pick(['', ';a=b', ';"a"'])}\r\n${content}\r\n`;
    });
    const trailers = pick(['', 'X-A: b\r\n', 'X-A: b\r\nLIST / HTTP/1.1: c\r\n']);
    return `${chunks.join('')}0${pick(['', ';a'])}\r\n${trailers}\r\n`;
  }

  /** A request, and what workerd gets of it. */
  function aRequest(): readonly [string, string] {
    const empty = pick(['', '', '\r\n']);
    const [target, sent] = pick([
      ['LIST /v1/a', 'GET /v1/a?list=true'],
      ['LIST /v1/a?b', 'GET /v1/a?list=true&b'],
      ['POST /v1/<a', 'POST /v1/%3Ca'],
      ['PUT /v1/a', 'PUT /v1/a'],
    ] as const);
    const body = pick([
      () => '\r\n',
      () => {
        const content = text(random.integer(0, 29));
        return `Content-Length: ${content.length}\r\n\r\n${content}`;
      },
      () => `Transfer-Encoding: chunked\r\n\r\n${aChunkedBody()}`,
    ])();
    const rest = ` HTTP/1.1\r\nHost: a\r\n${pick(['', 'Expect: 100-continue\r\n'])}${body}`;
    return [empty + target + rest, empty + sent + rest];
  }

  it.each(Array.from({ length: 100 }, (_, index) => index))('are understood: case %i', () => {
    const requests = Array.from({ length: random.integer(1, 5) }, aRequest);
    const written = requests.map(([request]) => request).join('');
    const expected = requests.map(([, sent]) => sent).join('');
    expect(sentOn([written])).toBe(expected);
    expect(sentOn([...written])).toBe(expected);
    for (let split = 1; split < written.length; split++) {
      expect(sentOn([written.slice(0, split), written.slice(split)])).toBe(expected);
    }
    const parts: string[] = [];
    for (let rest = written; rest !== ''; ) {
      const length = random.integer(1, 40);
      parts.push(rest.slice(0, length));
      rest = rest.slice(length);
    }
    expect(sentOn(parts)).toBe(expected);
  });

  it('that are damaged lose no byte and gain none but by what workerd needs', () => {
    for (let round = 0; round < 300; round++) {
      const [written] = aRequest();
      const at = random.integer(0, written.length - 1);
      const damaged =
        written.slice(0, at) +
        pick(['\0', '\n', '\xff', ' ', ':']) +
        written.slice(at + pick([0, 1]));
      const whole = sentOn([damaged]);
      expect(sentOn([...damaged])).toBe(whole);
      expect(whole.length).toBeGreaterThanOrEqual(damaged.length);
    }
  });
});
