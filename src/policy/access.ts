/** What a token may do, by Vault namespace and path. This is the only place that converts paths between namespaces. */
import type { EventFacts } from '../event/facts.ts';
import { isWithin, pathFrom, ROOT, trimSlashes, withSlash } from '../namespace/namespace.ts';
import {
  type AccessRequest,
  type Acl,
  compileAcl,
  mayReceive,
  type NamedPolicy,
  type Operation,
  type ReceiveDecision,
} from './acl.ts';
import type { Identity } from './identity.ts';

/** Measured in V8. */
const ACCESS_BYTES = 1024;
const RULE_BYTES = 350;
const WILDCARD_BYTES = 300;

export class Access {
  /** The path of the Vault namespace of the policies. */
  readonly namespace: string;
  readonly #acl: Acl;

  constructor(namespace: string, policies: readonly NamedPolicy[], identity: Identity | undefined) {
    this.namespace = namespace;
    this.#acl = compileAcl(policies, identity);
  }

  /** The access of the server's root token. */
  static readonly root = new Access('', [{ name: 'root', policy: { paths: [] } }], undefined);

  /** How many rules a decision may try one by one. */
  get effort(): number {
    return this.#acl.effort;
  }

  /** About what it takes in memory: a rule, and more if it has a `+`. */
  get memoryBytes(): number {
    return ACCESS_BYTES + this.#acl.size * RULE_BYTES + this.#acl.effort * WILDCARD_BYTES;
  }

  get isRoot(): boolean {
    return this.#acl.root;
  }

  /** @param namespace the path of the Vault namespace of the request */
  allows(namespace: string, request: AccessRequest): boolean {
    const path = this.#relativePath(namespace, request.path);
    return path !== undefined && this.#acl.allows({ ...request, path });
  }

  /** Whether a request is allowed with any parameters. @param namespace as in `allows` */
  allowsAnyData(namespace: string, path: string, operation: Operation): boolean {
    const relative = this.#relativePath(namespace, path);
    return relative !== undefined && this.#acl.allowsAnyData(relative, operation);
  }

  hasSudo(namespace: string, path: string, operation: Operation): boolean {
    const relative = this.#relativePath(namespace, path);
    return relative !== undefined && this.#acl.hasSudo(relative, operation);
  }

  capabilities(namespace: string, path: string): readonly string[] {
    // A request in a namespace above may ask with the full path from there.
    const whole = pathFrom(ROOT, namespace, path.replace(/^\/+/, ''));
    const own = withSlash(this.namespace);
    return whole.startsWith(own) ? this.#acl.capabilities(whole.slice(own.length)) : ['deny'];
  }

  /** Whether the token may receive an event, and which rule decides. */
  mayReceive({ namespace, path, event_type }: EventFacts): ReceiveDecision {
    const relative = this.#relativePath(trimSlashes(namespace), path);
    if (relative === undefined) return { allowed: false, step: 'no_rule' };
    return mayReceive(this.#acl, path === '' ? undefined : relative, event_type);
  }

  /** The path of an event relative to the policies; unchanged if the event is outside of their namespace. */
  pathOf({ namespace, path }: EventFacts): string {
    return (path && this.#relativePath(trimSlashes(namespace), path)) || path;
  }

  /** Whether some rule could grant an event of the pattern. */
  couldReceive(pattern: string): boolean {
    return this.#acl.couldReceive(pattern);
  }

  /** Which events of kv version 2 rules miss that name their types. */
  adviceOnKvTypes(pattern: string): string[] {
    return this.#acl.adviceOnKvTypes(pattern);
  }

  /** The path of a rule that would grant the event, if rules grant other events of the same secret of kv version 2. */
  missedKvRule(facts: EventFacts): string | undefined {
    return this.#acl.missedKvRule(this.pathOf(facts), facts.event_type);
  }

  /** The path relative to the policies; undefined outside of their namespace. */
  #relativePath(namespace: string, path: string): string | undefined {
    return isWithin(namespace, this.namespace)
      ? pathFrom(this.namespace, namespace, path)
      : undefined;
  }
}
