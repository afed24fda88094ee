/**
 * The version of what Workers and objects send each other: the contracts of this folder, and the handshake. Release 0.2.0
 * has version 1. A hub answers its own, so that an operator sees an object that another release runs.
 *
 * `test/unit/versions.test.ts` fails if their text changes after a release, and this number does not.
 */
export const CONTRACT_VERSION = 2;
