/** The limits of `event/`, each with its unit and its reason. */

/** Length of an event type, in characters (all of them ASCII). */
export const MAX_EVENT_TYPE_CHARACTERS = 256;

/** Length of a subscription's pattern: an event type with as many wildcards. */
export const MAX_PATTERN_CHARACTERS = 2 * MAX_EVENT_TYPE_CHARACTERS;

/** Length of an event id. Ids are UUIDs by default, and ids of vendors' deliveries fit as well. */
export const MAX_EVENT_ID_CHARACTERS = 256;

/** Length of the source of an event, in characters. */
export const MAX_EVENT_SOURCE_CHARACTERS = 512;

/** Length of the name of an origin, in characters. It is part of the key of each of its events. */
export const MAX_ORIGIN_CHARACTERS = 64;

/**
 * Nesting of metadata. Protobuf implementations read at most 100 nested messages. A level of metadata is three of them
 * (Struct, its map entry, Value), below EventReceived and EventData.
 */
export const MAX_METADATA_DEPTH = Math.floor((100 - 2) / 3);

/**
 * Destinations that an event may pass from server to server. More are a circle: two servers that send each other everything, or
 * one that sends to itself under another name.
 */
export const MAX_HOPS = 4;
