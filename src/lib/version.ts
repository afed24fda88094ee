/** The version of this release; `package.json` says the same. */
export const VERSION = '0.2.0';
