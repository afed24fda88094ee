/** Where subscribers of a run are. On one machine, they say so in a header. */

export const REGION_HEADER = 'X-Carillon-Region';

/** `any` counts to the region of the hub itself. */
export const REGIONS = ['any', 'weur', 'oc', 'enam'] as const;

export type RunRegion = (typeof REGIONS)[number];
