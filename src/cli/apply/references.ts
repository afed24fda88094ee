/** The objects that an object names. Pure. */
import { KINDS } from './kinds/all.ts';
import type { Reference } from './kinds/kind.ts';
import { type DesiredObject, idOf, type ObjectId } from './object.ts';

export function referencesOf(object: DesiredObject): (Reference & { readonly id: ObjectId })[] {
  const references = object.kind.references?.(object.state) ?? [];
  return references.flatMap((reference) => {
    const kind = KINDS.find(({ name }) => name === reference.kind);
    return kind ? [{ ...reference, id: idOf(kind, object.namespace, reference.name) }] : [];
  });
}
