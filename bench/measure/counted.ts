/** Whose calls and rows are counted: the Worker, or objects of a class. */
export type Counted =
  | 'Worker'
  | 'Hub'
  | 'WildcardHub'
  | 'RegionHead'
  | 'Shard'
  | 'Authority'
  | 'Dispatcher'
  | 'Destination';
