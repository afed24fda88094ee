/** What the holder of a token may do, asked by namespace and path. */
import type { EventFacts } from '../event/facts.ts';
import { isWithin, pathFrom, ROOT, trimSlashes, withSlash } from '../namespace/namespace.ts';
import {
  type AccessRequest,
  type Acl,
  compileAcl,
  type NamedPolicy,
  type Operation,
} from './acl.ts';
import { mayReceive, type ReceiveDecision } from './authorize.ts';
import type { Identity } from './identity.ts';

export class Access {
  /** The path of the namespace whose policies these are. */
  readonly namespace: string;
  readonly #acl: Acl;

  constructor(namespace: string, policies: readonly NamedPolicy[], identity: Identity | undefined) {
    this.namespace = namespace;
    this.#acl = compileAcl(policies, identity);
  }

  /** The root token of the server. */
  static readonly root = new Access('', [{ name: 'root', policy: { paths: [] } }], undefined);

  /** Rules that a decision may have to look through one by one. */
  get effort(): number {
    return this.#acl.effort;
  }

  get isRoot(): boolean {
    return this.#acl.root;
  }

  /** @param namespace the path of the namespace that the request is sent to */
  allows(namespace: string, request: AccessRequest): boolean {
    const path = this.#pathIn(namespace, request.path);
    return path !== undefined && this.#acl.allows({ ...request, path });
  }

  hasSudo(namespace: string, path: string, operation: Operation): boolean {
    const counted = this.#pathIn(namespace, path);
    return counted !== undefined && this.#acl.hasSudo(counted, operation);
  }

  capabilities(namespace: string, path: string): readonly string[] {
    // Also asked from a namespace above, by the whole way to the path.
    const whole = pathFrom(ROOT, namespace, path.replace(/^\/+/, ''));
    const own = withSlash(this.namespace);
    return whole.startsWith(own) ? this.#acl.capabilities(whole.slice(own.length)) : ['deny'];
  }

  /** Whether an event may be received, and which rule says so. */
  mayReceive({ namespace, path, event_type }: EventFacts): ReceiveDecision {
    const counted = this.#pathIn(trimSlashes(namespace), path);
    if (counted === undefined) return { allowed: false, step: 'no_rule' };
    return mayReceive(this.#acl, path === '' ? undefined : counted, event_type);
  }

  /** The path of an event as the policies count it; as it is, where it is outside of their namespace. */
  pathOf({ namespace, path }: EventFacts): string {
    return (path && this.#pathIn(trimSlashes(namespace), path)) || path;
  }

  /** Whether any rule could let an event of the pattern through. */
  couldReceive(pattern: string): boolean {
    return this.#acl.couldReceive(pattern);
  }

  /** The path that a rule for kv version 2 was meant to have, if no rule could let its events through. */
  missedKvPath(pattern: string): string | undefined {
    return this.#acl.missedKvPath(pattern);
  }

  /** The path as the policies count it; undefined outside of their namespace. */
  #pathIn(namespace: string, path: string): string | undefined {
    return isWithin(namespace, this.namespace)
      ? pathFrom(this.namespace, namespace, path)
      : undefined;
  }
}
