/** The header `Carillon-Warning`: advice for which Vault's response has no place. */
import { MAX_WARNING_CHARACTERS } from './limits.ts';

export const WARNING_HEADER = 'Carillon-Warning';

/** Sets the header to these warnings and to that of the hub, if there are any. */
export function setWarnings(headers: Headers, warnings: readonly string[], ofHub: Response): void {
  const texts = [...warnings, ofHub.headers.get(WARNING_HEADER) ?? ''].filter(
    (text) => text !== '',
  );
  if (texts.length > 0) headers.set(WARNING_HEADER, headerText(texts.join('; ')));
}

/** A header can only carry ASCII. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_WARNING_CHARACTERS);
}
