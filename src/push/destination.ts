/** A destination: a durable subscription that the server delivers to. `DestinationContract` describes the methods. */
import { DurableObject } from 'cloudflare:workers';

export class Destination extends DurableObject<Env> {}
