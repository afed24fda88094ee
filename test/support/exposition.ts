/**
 * Reads the text format of Prometheus (version 0.0.4) by its grammar, and throws at what a scraper would refuse or read
 * in another way than it is meant.
 */

export interface ExpositionSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExpositionFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: ExpositionSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|})/;
const VALUE = /^([+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)|NaN)$/;

export function parseExposition(text: string): Map<string, ExpositionFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, ExpositionFamily>();
  const seen = new Set<string>();
  let help: [name: string, text: string] | undefined;
  let current: [name: string, family: ExpositionFamily] | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!NAME.test(name)) throw new Error(`not a name: ${line}`);
      if (/\\[^\\n]/.test(rest.replaceAll('\\\\', ''))) throw new Error(`wrong escape: ${line}`);
      help = [name, rest];
    } else if (keyword === 'TYPE') {
      if (help?.[0] !== name) throw new Error(`no HELP before: ${line}`);
      if (families.has(name)) throw new Error(`a second block: ${line}`);
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`no type: ${line}`);
      if (rest === 'counter' && !name.endsWith('_total')) throw new Error(`no _total: ${line}`);
      current = [name, { help: help[1], type: rest, samples: [] }];
      families.set(...current);
    } else {
      if (current === undefined) throw new Error(`a sample without TYPE: ${line}`);
      const sample = parseSample(line);
      const [family, { type, samples }] = current;
      const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!suffixes.some((suffix) => sample.name === family + suffix)) {
        throw new Error(`${line} is not of ${family}`);
      }
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw new Error(`a second value: ${line}`);
      seen.add(series);
      samples.push(sample);
    }
  }
  for (const [name, family] of families) checkHistogram(name, family);
  return families;
}

function parseSample(line: string): ExpositionSample {
  const [, name = '', brace = ''] = /^([^{ ]+)(\{?)/.exec(line) ?? [];
  if (!NAME.test(name)) throw new Error(`not a name: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length + brace.length);
  for (let separator = brace === '' ? '}' : ','; separator !== '}'; ) {
    const label = LABEL.exec(rest);
    if (label === null) throw new Error(`not a label: ${line}`);
    const [whole, key = '', value = '', end = ''] = label;
    if (key in labels) throw new Error(`a label twice: ${line}`);
    labels[key] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(whole.length);
    separator = end;
  }
  if (!rest.startsWith(' ')) throw new Error(`no blank before the value: ${line}`);
  const value = rest.slice(1);
  if (!VALUE.test(value)) throw new Error(`not a value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

/** The buckets of a series go up to `+Inf`, which has as many as `_count`. */
function checkHistogram(name: string, { type, samples }: ExpositionFamily): void {
  if (type !== 'histogram') return;
  const series = new Map<string, { last: number; bound: number; count?: number }>();
  for (const { name: sample, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const known = series.get(key) ?? { last: 0, bound: Number.NEGATIVE_INFINITY };
    series.set(key, known);
    if (sample === `${name}_bucket`) {
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      if (!(bound > known.bound) || value < known.last) throw new Error(`${name}: bucket ${le}`);
      known.bound = bound;
      known.last = value;
    } else if (sample === `${name}_count`) known.count = value;
  }
  for (const { bound, last, count } of series.values()) {
    if (bound !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no bucket +Inf`);
    if (last !== count) throw new Error(`${name}_count is not the bucket +Inf`);
  }
}
