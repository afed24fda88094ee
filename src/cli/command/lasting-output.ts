/** The output of a command that goes on when it cannot be written. */
import { reasonOfFileError } from '../input/files.ts';

export class LastingOutput {
  #error: NodeJS.ErrnoException | undefined;

  /** From now on, an error of standard output ends nothing. */
  constructor() {
    process.stdout.removeAllListeners('error').on('error', (error) => {
      this.#error ??= error;
    });
  }

  /**
   * Waits for what has been written.
   *
   * @returns why the output is not whole; undefined if it is, or if its reader wanted no more, such as `head`
   */
  async loss(): Promise<string | undefined> {
    await new Promise((resolve) => {
      process.stdout.write('', resolve);
    });
    const error = this.#error;
    return error === undefined || error.code === 'EPIPE' ? undefined : reasonOfFileError(error);
  }
}
