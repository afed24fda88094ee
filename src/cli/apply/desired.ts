/** The objects that the files of a folder declare. Pure. */
import { checkNamespacePath } from '../../namespace/namespace.ts';
import { readDocuments } from './document.ts';
import { layoutOf } from './layout.ts';
import { MAX_APPLY_OBJECTS } from './limits.ts';
import { type DesiredObject, describeObject, keyOf } from './object.ts';
import { readObject, readPolicyFile } from './object-document.ts';
import { type Problem, startOf } from './problem.ts';

/** A file of the folder. */
export interface FolderFile {
  /** Its path as the user would write it. */
  readonly file: string;
  /** Its path from the folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface Desired {
  readonly objects: readonly DesiredObject[];
  /** What is wrong: nothing may be written then. */
  readonly problems: readonly Problem[];
  /** What is legal but probably a mistake. */
  readonly advice: readonly Problem[];
}

export async function readDesired(files: readonly FolderFile[]): Promise<Desired> {
  const problems: Problem[] = [];
  const objects = new Map<string, DesiredObject>();
  for (const file of files) {
    const read = await readFile(file);
    for (const problem of read.problems) problems.push(problem);
    for (const object of read.objects) {
      const { place } = object;
      const first = objects.get(keyOf(object))?.place;
      if (first !== undefined) {
        const where = `${first.file}:${first.line}:${first.column}`;
        const message = `${describeObject(object)} is declared twice; the first is at ${where}; remove one`;
        problems.push({ place, message });
      } else if (objects.size === MAX_APPLY_OBJECTS) {
        const message = `there are more than ${MAX_APPLY_OBJECTS} objects; divide the folder`;
        return { objects: [], problems: [...problems, { place, message }], advice: [] };
      } else {
        objects.set(keyOf(object), object);
      }
    }
  }
  const all = [...objects.values()];
  return { objects: all, problems, advice: all.flatMap(adviceOn) };
}

interface Read {
  readonly objects: readonly DesiredObject[];
  readonly problems: readonly Problem[];
}

async function readFile({ file, path, text }: FolderFile): Promise<Read> {
  const layout = layoutOf(path);
  const fail = (message: string) => ({
    objects: [],
    problems: [{ place: startOf(file), message }],
  });
  if (layout.content === 'nothing') return { objects: [], problems: [] };
  if (layout.content === 'misplaced') return fail(layout.message);
  const { namespace } = layout;
  const checked = namespace === '' ? undefined : checkNamespacePath(namespace);
  if (checked?.ok === false) return fail(`${checked.failure.message}; rename the folder`);
  const { documents, problems } =
    layout.content === 'policy' ? { documents: [], problems: [] } : readDocuments(file, text);
  const read = await Promise.all(
    layout.content === 'policy'
      ? [readPolicyFile(file, layout.name, namespace, text)]
      : documents.map((document) => readObject(document, namespace)),
  );
  return {
    objects: read.flatMap((each) => (each.ok ? [each.value] : [])),
    problems: [...problems, ...read.flatMap((each) => (each.ok ? [] : each.failure))],
  };
}

function adviceOn({ kind, state, place }: DesiredObject): Problem[] {
  return (kind.advice?.(state) ?? []).map((message) => ({ place, message }));
}
