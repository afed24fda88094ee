/** How the model writes amounts and tables. */
import { number } from '../measure/digits.ts';

/** An amount, or a range of amounts. */
export function dollars(amount: number | readonly [number, number]): string {
  if (typeof amount !== 'number') {
    const [low, high] = amount.map((each) => dollars(each));
    return low === high ? `${low}` : `${low}–${high?.slice(1)}`;
  }
  if (amount === 0) return '$0';
  if (amount < 0.001) return `$${amount.toFixed(6)}`;
  if (amount < 1) return `$${amount.toPrecision(2)}`;
  return `$${amount < 100 ? amount.toFixed(2) : number(Math.round(amount))}`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
