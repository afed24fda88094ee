/** Where a journal begins: what is stored of it beside its rows, and stays when those are gone. */
import { hexOf } from '../../lib/hex.ts';

const EPOCH_BYTES = 8;

/** What is known of the beginning. */
export interface Beginning {
  /** 16 hexadecimal digits. */
  readonly epoch: string;
  readonly begunAt: number;
  /** The last that is not kept any more: 0 before there is one. */
  readonly trimmedThrough: number;
  /** When it was accepted. */
  readonly trimmedAt: number;
  /** The bytes of all that is not kept any more. */
  readonly trimmedBytes: number;
  /** Whether no journal of this hub came before it, as far as the registry of hubs knows. */
  readonly isFirst?: boolean;
}

/** That of a journal that has had no event. */
export function newBeginning(): Beginning {
  return {
    epoch: hexOf(crypto.getRandomValues(new Uint8Array(EPOCH_BYTES))),
    begunAt: Date.now(),
    trimmedThrough: 0,
    trimmedAt: 0,
    trimmedBytes: 0,
  };
}
