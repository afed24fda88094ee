/** How full a region head or a shard is. */
export interface Capacity {
  /** A slot was reserved. @param sockets those that it has then */
  filled(sockets: number): void;
  /** It has no slot. Resolves when the region has another shard, if it needs one and can get it. */
  grow(): Promise<void>;
}
