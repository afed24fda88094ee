/** The limits of `apply` and `diff`, each with its unit and its reason. */

/** Files of a folder. */
export const MAX_APPLY_FILES = 5000;

/** One file: as much as the text of a policy. Deep nesting in a longer one would take the YAML reader's memory. */
export const MAX_APPLY_FILE_BYTES = 256 * 1024;

/** Levels of folders below the folder. */
export const MAX_APPLY_FOLDER_DEPTH = 16;

/** Objects in the files of a folder. Each is read from the server. */
export const MAX_APPLY_OBJECTS = 5000;

/** Levels of lists and objects in a document. The API has as many. */
export const MAX_APPLY_DEPTH = 64;

/** Requests to the server at the same time, while it is read. */
export const MAX_APPLY_REQUESTS = 8;

/** Errors of a folder that are shown. The rest is counted. */
export const MAX_APPLY_ERRORS = 50;

/** Lines that a diff of two texts may insert and delete. Finding more takes seconds. */
export const MAX_APPLY_DIFF_LINES = 2000;

/** Characters of a value that a plan shows. */
export const MAX_APPLY_VALUE_CHARACTERS = 160;
