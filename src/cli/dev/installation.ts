/** Where the package of this command is, and which of its two forms it has. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the package, by its own name: the same line finds it from the sources and from what is built of them. */
export const ROOT = dirname(createRequire(import.meta.url).resolve('carillon/package.json'));

/** A clone runs its sources. The package that npm installs has none, and runs what was built of them. */
export const IS_CLONE = existsSync(join(ROOT, 'src/cli'));
