/** Which object accepted a subscriber: the entry of the fault run writes it, and its subscribers read it. */
const HEADER = 'Carillon-Warning';
const SAID = 'accepted by ';

/** The state of a Durable Object. */
interface Named {
  readonly id: { readonly name?: string | undefined };
}

/** Says so in the 101. The Worker passes this header on, also with a stream. */
export function servedBy({ id: { name = '' } }: Named, response: Response): Response {
  if (response.status !== 101) return response;
  const others = response.headers.get(HEADER);
  response.headers.set(HEADER, [`${SAID}${name}`, ...(others ? [others] : [])].join('; '));
  return response;
}

/** @returns the name of the object */
export function objectIn(warnings: unknown): string {
  const found = String(warnings)
    .split('; ')
    .find((text) => text.startsWith(SAID));
  return found?.slice(SAID.length) ?? '';
}
