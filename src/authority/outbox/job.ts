/** What an authority has other objects do. */

export type Job =
  /** A hub pulls the changes of the tokens and policies that it watches. */
  | { readonly kind: 'notify'; readonly hub: string }
  /** The authority of a namespace below revokes the tokens that a token of this namespace has made there. */
  | { readonly kind: 'revoke'; readonly parent: number; readonly namespace: string }
  /** The authority of a deleted namespace wipes it. */
  | { readonly kind: 'wipe'; readonly namespace: string };

/** The stored form of what a job is about; with its kind, it is the key of the job. Namespaces are stored as keys. */
export function targetOf(job: Job): string {
  switch (job.kind) {
    case 'notify':
      return job.hub;
    case 'revoke':
      return `${job.parent} ${job.namespace}`;
    case 'wipe':
      return job.namespace;
  }
}

export function parseJob(kind: Job['kind'], target: string): Job {
  switch (kind) {
    case 'notify':
      return { kind, hub: target };
    case 'revoke': {
      const [parent = '', namespace = ''] = target.split(' ');
      return { kind, parent: Number(parent), namespace };
    }
    case 'wipe':
      return { kind, namespace: target };
  }
}
