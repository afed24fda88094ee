import { fileURLToPath } from 'node:url';

/** The path of a file, from its path in the project. */
export function inProject(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
