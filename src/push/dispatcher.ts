/** The dispatcher of one Vault namespace: which destinations there are, and what they want. `DispatcherContract` describes the methods. */
import { DurableObject } from 'cloudflare:workers';

export class Dispatcher extends DurableObject<Env> {}
