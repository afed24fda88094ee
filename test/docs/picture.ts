/** Draws what terminals showed as an SVG, for the README. */

export interface Pane {
  readonly title: string;
  /** Lines with the codes of their colours. */
  readonly lines: readonly string[];
}

const WIDTH = 840;
const LINE = 20;
const PADDING = 16;
const TITLE = 32;
const GAP = 12;

/** The colours of a dark terminal, which are legible on it in the bright and in the dark theme of GitHub. */
const COLOURS: Readonly<Record<string, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
  2: '#8b949e',
};

const ESCAPE = '\u001b\\[';
const COLOUR = new RegExp(`${ESCAPE}([\\d;]*)m`);

/** @param description what somebody hears who cannot see the picture */
export function pictureOf(panes: readonly Pane[], description: string): string {
  let top = 0;
  const drawn = panes.map(({ title, lines }) => {
    const height = TITLE + lines.length * LINE + PADDING;
    const texts = lines.map(
      (line, n) =>
        `    <text x="${PADDING}" y="${top + TITLE + (n + 1) * LINE - 5}" xml:space="preserve">${coloured(line)}</text>\n`,
    );
    const pane = `  <g>
    <rect x="0" y="${top}" width="${WIDTH}" height="${height}" rx="8" fill="#161b22"/>
    <text x="${PADDING}" y="${top + 21}" class="title">${escaped(title)}</text>
${texts.join('')}  </g>
`;
    top += height + GAP;
    return pane;
  });
  const height = top - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>${escaped(description)}</title>
  <style>
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #e6edf3 }
    .title { fill: #8b949e }
    .bold { font-weight: 600 }
  </style>
${drawn.join('')}</svg>
`;
}

/** The lines of a picture, pane after pane, without their colours. */
export function textOf(picture: string): string[] {
  return [...picture.matchAll(/<text [^>]*xml:space[^>]*>(.*?)<\/text>/g)].map(([, line = '']) =>
    line
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&'),
  );
}

function coloured(line: string): string {
  let fill = '';
  let isBold = false;
  // The odd parts are the codes between the texts.
  const parts = line.split(COLOUR);
  return parts
    .map((part, n) => {
      if (n % 2 === 0) return part === '' ? '' : span(escaped(part), fill, isBold);
      for (const code of part.split(';')) {
        if (code === '' || code === '0') [fill, isBold] = ['', false];
        else if (code === '1' || code === '22') isBold = code === '1';
        if (code === '39' || code === '22') fill = '';
        fill = COLOURS[code] ?? fill;
      }
      return '';
    })
    .join('');
}

function span(text: string, fill: string, isBold: boolean): string {
  const attributes = `${fill && ` style="fill:${fill}"`}${isBold ? ' class="bold"' : ''}`;
  return attributes === '' ? text : `<tspan${attributes}>${text}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
