/**
 * Every bound of the system, with its unit and its reason. A number that limits what a user can do
 * stands here and nowhere else; `test/unit/limits.test.ts` holds each to what the documents say.
 */

/** Vault's Go clients read at most 32 KiB a WebSocket message and fail with 1009 beyond. */
const GO_CLIENT_READ_LIMIT_BYTES = 32 * 1024;

/** Room that a frame leaves for what a protocol above it may add (a cursor, an envelope). */
const FRAME_HEADROOM_BYTES = 1024;

/** The largest encoded event, in either encoding, the newline of a JSON frame included. */
export const MAX_FRAME_BYTES = GO_CLIENT_READ_LIMIT_BYTES - FRAME_HEADROOM_BYTES;

/** Body of one publish request. A thousand events of a kilobyte; one RPC carries it whole. */
export const MAX_PUBLISH_BYTES = 1024 * 1024;

/** Events of one publish request. */
export const MAX_PUBLISH_EVENTS = 1000;

/**
 * Event-type namespaces that one publish request may address: each is a call to a Durable Object. On
 * the free plan of Workers an invocation may make 50; a request of more fails in part there, and is
 * completed by repeating it.
 */
export const MAX_PUBLISH_NAMESPACES = 100;

/**
 * Event-type namespaces, and so hubs, of one Vault namespace. The first subscriber of `*` has each of
 * them told, and Workers allow 10,000 subrequests to an invocation on the paid plan.
 */
export const MAX_HUBS = 3000;

/**
 * Event-type namespaces of one Vault namespace whose first event one publisher published: a tenth of all, so
 * that no token takes the places of the others. The root token has no such bound.
 */
export const MAX_NEW_HUBS_PER_PUBLISHER = 300;

/** How long a hub that has events goes without asking whether the registry of hubs still has it. */
export const REGISTRATION_CHECK_MS = 10 * 60 * 1000;

/** Wait before a hub that could not let go of what it had is to try again. */
export const RELEASE_RETRY_MS = 30_000;

/** Hubs that a gathering hub asks in one turn whether they are still needed. */
export const MAX_REVIEWED_HUBS = 32;

/** Length of an event type, in characters (all of them ASCII). */
export const MAX_EVENT_TYPE_CHARACTERS = 256;

/** Length of a subscription's pattern: an event type and as many wildcards again. */
export const MAX_PATTERN_CHARACTERS = 2 * MAX_EVENT_TYPE_CHARACTERS;

/** Length of an event id. Ids are UUIDs by default; a vendor's delivery id fits as well. */
export const MAX_EVENT_ID_CHARACTERS = 256;

/** Length of a CloudEvents source. */
export const MAX_SOURCE_CHARACTERS = 512;

/**
 * Nesting of metadata. Protobuf implementations stop at 100 nested messages; one level of metadata
 * is three of them (Struct, its map entry, Value) below EventReceived and EventData.
 */
export const MAX_METADATA_DEPTH = Math.floor((100 - 2) / 3);

/** Versions of a secret that an event of an audit entry lists; of more it has no list, which a frame must hold. */
export const MAX_AUDITED_VERSIONS = 1000;

/**
 * WebSockets of one hub. The platform's own limit is 32,768 for each Durable Object; the difference
 * is room for sockets that are closing and still count there.
 */
export const MAX_SOCKETS_PER_HUB = 32_000;

/** Events that wait to be taken into the journal of a hub, of all requests together; more are refused. */
export const MAX_QUEUED_EVENTS = 10_000;

/** The same in characters of their frames. One request is taken whatever its size. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Of these, what is appended and sent together, if it is of several requests: stock subscribers are sent it at once. */
export const MAX_COMMITTED_BYTES = 1024 * 1024;

/** How long a busy hub waits, at most, for what is on its way, to send it together with what has come. */
export const FLUSH_LINGER_MS = 6;

/** Events that the journal of a hub can be set to keep. At a kilobyte each, an object's 10 GB hold them. */
export const MAX_JOURNAL_EVENTS = 5_000_000;

/** Bytes that the journal of a hub can be set to keep: half of what an object holds. */
export const MAX_JOURNAL_BYTES = 5 * 1024 * 1024 * 1024;

/** The least that it can be set to: room for a few of the largest events. */
export const MIN_JOURNAL_BYTES = 256 * 1024;

/** How long the journal of a hub can be set to keep an event. */
export const MAX_JOURNAL_AGE_SECONDS = 366 * 24 * 60 * 60;

/** Events that a hub lets go of in one turn; the rest follows by alarm. */
export const MAX_TRIMMED_EVENTS = 5000;

/** Events that are read from a journal in one turn. */
export const MAX_PAGE_EVENTS = 200;

/** The least that is read for a reader that has credit for fewer: of those, it may want one. */
export const MIN_PAGE_EVENTS = 32;

/**
 * Bytes that a hub sends in one turn of the event loop, other work counted as the bytes that take as long: about
 * 8 ms. Then others are answered, and the sockets drain. A request may have to wait for several such turns.
 */
export const MAX_TURN_BYTES = 512 * 1024;

/** Bytes that are read from a journal in one turn, if they are of several events. */
export const MAX_PAGE_BYTES = MAX_TURN_BYTES;

/**
 * What a stock subscriber is sent at once, of what it missed when it comes back or of what is new, before it has
 * to come back again: nothing shows whether it reads.
 */
export const MAX_REPLAY_BYTES = 2 * 1024 * 1024;

/** The same where the ids of events are no places, because several publishers use the same. */
export const MAX_AMBIGUOUS_REPLAY_BYTES = 16 * 1024 * 1024;

/** How often a replay reads what has come while it read, before it reads the rest in one turn. */
export const MAX_REPLAY_LAPS = 4;

/** What a hub reads at once for subscribers that come back all together. */
export const REPLAY_BUDGET_BYTES = 32 * 1024 * 1024;

/** What of that is given again each second. A hub reads and sends about twice as much when it does nothing else. */
export const REPLAY_BYTES_PER_SECOND = 8 * 1024 * 1024;

/** How far before the beginning of a journal a time may lie and yet be taken for it: clocks differ. */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;

/** Events that a hub feeds to a gathering hub in one call. */
export const MAX_FEED_EVENTS = 1000;

/** Bytes of such a call, if they are of several events: the gathering hub sends them to its subscribers at once. */
export const MAX_FEED_BYTES = 1024 * 1024;

/** How long a publisher waits for gathering hubs before it is answered without them. */
export const MAX_FEED_WAIT_MS = 2000;

/** Longest wait before a gathering hub that could not be fed is tried again. */
export const MAX_FEED_BACKOFF_MS = 5000;

/** Events of the past that a gathering hub fetches at once from all hubs that it begins to gather from. */
export const MAX_BACKFILL_EVENTS = 20_000;

/**
 * Bytes of the same; of each hub as much as one event may have. An RPC carries 32 MiB, and one character that
 * is not Latin makes every character of its string two bytes there.
 */
export const MAX_BACKFILL_BYTES = 8 * 1024 * 1024;

/** Interests of subscribers who have left that a gathering hub tells apart; of more, it gathers from all hubs. */
export const MAX_INTERESTS = 1000;

/** Events that a `carillon.v1` client is sent beyond what it acknowledged, until it says how many. */
export const DEFAULT_CREDIT = 256;

/** Bytes that it is sent beyond what it acknowledged, if they are of several events. */
export const MAX_UNACKED_BYTES = 1024 * 1024;

/** How long a `carillon.v1` client that has used up its credit is waited for. */
export const ACK_TIMEOUT_MS = 60_000;

/** Events of one message of `carillon.v1`, in bytes, if they are several. */
export const MAX_EVENTS_MESSAGE_BYTES = 128 * 1024;

/** How long a `carillon.v1` client that is sent away is asked to wait, at most: not all shall return at once. */
export const MAX_RECONNECT_SPREAD_MS = 5000;

/**
 * Subscribers of one token in one hub. A stock subscriber that reads nothing more costs what it is sent, in
 * memory, and nothing shows it.
 */
export const MAX_SOCKETS_PER_TOKEN = 1000;

/**
 * Sockets beyond those of one token that are counted again for each millisecond since the last count, where no
 * place is left: counting 16,000 takes some 10 ms, and those who are refused may come again at once.
 */
export const MAX_RECOUNTED_PER_MS = 100;

/** How long a subscription lasts, to the hour; then it is closed and can be resumed. */
export const MAX_SUBSCRIPTION_MS = 24 * 60 * 60 * 1000;

/** Events of one id that are looked at when it is explained: publishers may choose the same. */
export const MAX_RECALLED_EVENTS = 20;

/** Attempts at a call to a Durable Object that failed in a way that is safe to repeat. */
export const MAX_CALL_ATTEMPTS = 3;

/** Longest wait before such an attempt is repeated; the actual wait is random below it. */
export const MAX_CALL_BACKOFF_MS = 100;

/** Calls that a gathering hub has under way at a time while it tells hubs to feed it. */
export const MAX_CONCURRENT_CALLS = 32;

/** Wait before what an authority has to have done elsewhere is tried again, doubled with each failure. */
export const MIN_JOB_BACKOFF_MS = 500;

/** Longest such wait: below the age at which hubs ask by themselves. */
export const MAX_JOB_BACKOFF_MS = 30_000;

/** Changes that a hub is told in one answer; it asks again until there are none. */
export const MAX_NOTICES = 500;

/**
 * How long a hub decides by what an authority told it without hearing of it again. Changes are pushed;
 * this bounds what a push that does not get through can cost.
 */
export const MAX_DECISION_AGE_MS = 60_000;

/** How long a Worker takes a token, and that a namespace exists, for what it was, in plain requests. */
export const LOOKUP_CACHE_MS = 5000;

/** Tokens and namespaces that one isolate keeps at hand, of each kind. */
export const MAX_CACHED_LOOKUPS = 500;

/** Parsed policies that one isolate keeps at hand. */
export const MAX_CACHED_POLICIES = 200;

/**
 * Compiled policy sets that a hub keeps at hand. More are in use only where templates make one of each
 * holder; those are then compiled again for an event.
 */
export const MAX_CACHED_ACCESSES = 2000;

/** Cursors that a hub keeps at hand: every class of subscribers is sent the same ones. */
export const MAX_CACHED_CURSORS = 1000;

/** Decisions (an event for a class) that a hub holds while it delivers. Of more, fewer events go together. */
export const MAX_HELD_DECISIONS = 1_000_000;

/** Policy texts in one answer to a hub, in characters: an RPC carries 32 MiB. */
export const MAX_ANSWERED_TEXT_CHARACTERS = 4 * 1024 * 1024;

/** Jobs that an authority sees to in one go; the next follow by alarm. */
export const MAX_JOBS_AT_ONCE = 500;

/** Name of one namespace, in characters. */
export const MAX_NAMESPACE_CHARACTERS = 64;

/** Namespaces below each other: finding one asks each of those above. */
export const MAX_NAMESPACE_DEPTH = 8;

/** Namespaces directly below one. */
export const MAX_CHILD_NAMESPACES = 1000;

/** Patterns in the `namespaces` parameters of one subscription. */
export const MAX_NAMESPACE_PATTERNS = 32;

/** Length of one such pattern, in characters. */
export const MAX_NAMESPACE_PATTERN_CHARACTERS = 512;

/** Body of a request to the token, policy, namespace and auth APIs; the largest is a policy. */
export const MAX_API_BODY_BYTES = 512 * 1024;

/** Nesting of such a body: deeper than any member of the APIs goes. */
export const MAX_API_BODY_DEPTH = 64;

/** Tokens of one namespace. */
export const MAX_TOKENS = 100_000;

/** Length of a token, in characters: of one that somebody chose, and of one that is looked up. */
export const MAX_TOKEN_CHARACTERS = 1024;

/** Uses that a token can be limited to. */
export const MAX_TOKEN_USES = 2_147_483_647;

/** Metadata of a token, in bytes of JSON. */
export const MAX_META_BYTES = 8 * 1024;

/** Display name of a token, in characters. */
export const MAX_DISPLAY_NAME_CHARACTERS = 256;

/** Policies of one token. */
export const MAX_POLICIES_PER_TOKEN = 100;

/** Policies of one namespace. */
export const MAX_POLICIES = 1000;

/** Name of a policy, in characters. */
export const MAX_POLICY_NAME_CHARACTERS = 128;

/** Life of a token that asks for none in particular, as in Vault: 32 days. */
export const DEFAULT_TOKEN_TTL_SECONDS = 32 * 24 * 60 * 60;

/** Life of a token at most, periodic ones apart. */
export const MAX_TOKEN_TTL_SECONDS = 32 * 24 * 60 * 60;

/** How long a token whose last use was taken remains for the request that took it. */
export const SPENT_TOKEN_MS = 10_000;

/** How long a ticket can be used: it is asked for when it is needed. */
export const TICKET_TTL_SECONDS = 60;

/** Tickets of one namespace that are not used yet: as many pages as connect within a minute. */
export const MAX_TICKETS = 10_000;

/**
 * Streams (SSE and NDJSON) that one isolate has open. Each may hold the megabyte that a hub sends before
 * it awaits an acknowledgement, and an isolate has 128.
 */
export const MAX_STREAMS = 64;

/** How long a stream lasts; its client then comes back and goes on where it was. */
export const MAX_STREAM_SECONDS = 30 * 60;

/** Silence after which a stream sends a comment or a blank line: it shows whether anybody still reads. */
export const STREAM_PING_MS = 15_000;

/**
 * How often a stream shows that it is still served. Where a place was missing meanwhile it sends a ping as
 * well, so this is how long a client that left holds the place that somebody else needs.
 */
export const STREAM_BEAT_MS = 500;

/** Time after which a stream that has not shown so has lost its place: the runtime ended its request. */
export const STREAM_LOST_MS = 5000;

/** Length of a `Carillon-Warning` header, in characters: proxies refuse heads of more than 8 KiB. */
export const MAX_WARNING_CHARACTERS = 2048;

/** Parameters of a subscription that are not read and that a `Carillon-Warning` names: others have to fit in too. */
export const MAX_NAMED_PARAMETERS = 5;

/** Event types of a publish request that are compared with those of Vault, for a warning: each costs a search. */
export const MAX_NAMED_TYPES = 5;

/** Characters of one member of a line in the log: a stranger chooses the path that a denial names. */
export const MAX_LOGGED_CHARACTERS = 4096;

/** Roles of one auth method in one namespace. */
export const MAX_ROLES = 1000;

/** Sources of one namespace. */
export const MAX_SOURCES = 1000;

/** Body of a delivery to a source: what vendors send is smaller, GitHub's largest apart. */
export const MAX_DELIVERY_BYTES = 1024 * 1024;

/**
 * Events of one delivery. More than of a publish request: a vendor cannot be asked to split what it has gathered, and
 * SendGrid gathers 768 KiB, of events that have some 300 bytes.
 */
export const MAX_DELIVERY_EVENTS = 4000;

/**
 * Frames of the events of one delivery, in characters: rules may take a value many times. One RPC carries them, with
 * what they repeat for the hub, and takes 32 MiB, in which a character may have two bytes.
 */
export const MAX_DELIVERY_FRAMES_CHARACTERS = 4 * 1024 * 1024;

/** Fields of a form that a source is sent: each costs as much as a kilobyte of JSON, also one of a single character. */
export const MAX_FORM_FIELDS = 1000;

/** Secrets of one source: the old and the new one, while a vendor changes over. */
export const MAX_SOURCE_SECRETS = 10;

/** Length of a secret of a source, in characters. */
export const MIN_SOURCE_SECRET_CHARACTERS = 8;
export const MAX_SOURCE_SECRET_CHARACTERS = 1024;

/** Length of a setting of a source that only its kind has, in characters: an address, most of them. */
export const MAX_SOURCE_OPTION_CHARACTERS = 2048;

/** Length of the template of what is signed, in characters. */
export const MAX_TEMPLATE_CHARACTERS = 256;

/** Length of a header with signatures, in characters. */
export const MAX_SIGNATURE_CHARACTERS = 4096;

/** Signatures in such a header: as a vendor sends them that changes its secrets, and more than two are rare. */
export const MAX_SIGNATURES = 4;

/** How far the time of a signed delivery may be from now where the source does not say: as vendors advise. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** The same where it does: until then a delivery can be replayed, and is a duplicate if its id is signed. */
export const MAX_TOLERANCE_SECONDS = 24 * 60 * 60;

/** Length of a rule of a source, in characters. */
export const MAX_RULE_CHARACTERS = 512;

/** Names that the mapping of a source gives to metadata. */
export const MAX_MAPPED_NAMES = 64;

/** Mounts whose version a source for audit entries tells. */
export const MAX_MOUNTS = 1000;

/** How long a request that is audited may wait for its event, milliseconds, unless the source says `block`. */
export const MAX_AUDIT_WAIT_MS = 1000;

/** Lines of the log about one delivery of audit entries. */
export const MAX_LOGGED_REASONS = 10;

/** Secret ids of one namespace's AppRole roles, all together. */
export const MAX_SECRET_IDS = 100_000;

/** Hubs that are asked for an event that is explained by its id: each is a call. */
export const MAX_EXPLAINED_HUBS = 200;

/** Paths of one request to `sys/capabilities`. */
export const MAX_CAPABILITY_PATHS = 100;

/** What a client is asked to wait after a 503: at least this, and at most twice as long. */
export const RETRY_AFTER_SECONDS = 2;

/** Text of one policy, as UTF-8. Vault has no limit; a Worker reads every policy of a token at once. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** Nesting of blocks, objects and lists in a policy. The deepest that mean something are four deep. */
export const MAX_POLICY_DEPTH = 32;

/** `path` blocks of one policy: what a decision may have to look through where they have a `+`. */
export const MAX_POLICY_PATHS = 2000;

/** Length of a JWT that logs in: an access token with hundreds of groups has some 20,000 characters. */
export const MAX_JWT_CHARACTERS = 32 * 1024;

/** How long fetching an issuer's keys may take, the discovery document and all bodies included. */
export const KEY_FETCH_TIMEOUT_MS = 5000;

/** Key set or discovery document of an issuer. */
export const MAX_KEY_SET_BYTES = 256 * 1024;

/** Keys of an issuer: as many may be tried for a token that does not say which one signed it. */
export const MAX_KEYS = 50;

/** How long fetched keys are used: so long may one that its issuer has withdrawn still log in. */
export const MAX_KEY_SET_AGE_MS = 10 * 60 * 1000;

/** Wait before keys are fetched again because of a token that none verifies, or after a failure. */
export const KEY_REFRESH_INTERVAL_MS = 2000;

/** How long the certificate of a vendor is used: its address names the key, and another key has another address. */
export const MAX_CERTIFICATE_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Addresses of a vendor that an isolate calls for one source within `KEY_REFRESH_INTERVAL_MS`: strangers may name as
 * many certificates as they like. Of each source by itself, so that an attack on one does not stop the others.
 */
export const MAX_SOURCE_FETCHES = 10;

/**
 * Key sets that one isolate keeps at hand: a quarter of a megabyte each, at most. One more issuer in use than
 * that, and logins at all of them, by strangers too, have keys fetched each time.
 */
export const MAX_CACHED_KEY_SETS = 100;

/** Length of a URL that keys are fetched from. */
export const MAX_KEY_URL_CHARACTERS = 2048;

/** Length of a public key or certificate in PEM form. */
export const MAX_PEM_CHARACTERS = 16 * 1024;

/** Name of a role of an auth method, in characters. */
export const MAX_ROLE_NAME_CHARACTERS = 128;

/** Length of a text in a role, or of a claim that becomes a name, a group or metadata. */
export const MAX_LOGIN_TEXT_CHARACTERS = 1024;

/** Entries of a list in a role, values of all its bound claims, and entries of a claim that one binds. */
export const MAX_LOGIN_LIST_ENTRIES = 500;

/** Groups that a login is in, as its token says. */
export const MAX_GROUPS = 500;

/** Any duration in a request: a hundred years, which milliseconds count exactly. */
export const MAX_DURATION_SECONDS = 100 * 365 * 24 * 60 * 60;

/** Text of a subscription's filter, in characters. */
export const MAX_FILTER_CHARACTERS = 2048;

/** Parentheses, `not` and braces of a filter inside one another: they are the depth of a call stack. */
export const MAX_FILTER_DEPTH = 100;

/** Regular expressions of one filter; each has a cache of its own. */
export const MAX_FILTER_REGEXES = 32;

/**
 * Instructions of a filter's regular expressions, about, with repetitions written out. They are the
 * steps that the worst text takes for each of its characters.
 */
export const MAX_FILTER_REGEX_SIZE = 1000;

/**
 * Characters of a field that `matches`, `contains` and `in` search. In a longer one the comparison fails: the
 * publisher chooses the text, the subscriber what it costs to search a character of it.
 */
export const MAX_FILTERED_CHARACTERS = 1024;

/**
 * What the filters of one token's subscribers in one hub may cost: steps for each character of a field. The
 * longest field that is searched takes a tenth of a second with all of them.
 */
export const MAX_FILTER_COST_PER_TOKEN = 2000;

/** The same of all subscribers of a hub, however many tokens they have. */
export const MAX_FILTER_COST_PER_HUB = 20_000;

/** Memory that the automaton of one regular expression may take; beyond, matching is slower. */
export const MAX_REGEX_CACHE_BYTES = 128 * 1024;

/** Message of a `carillon.v1` client: the longest that means something has some 70 bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 1024;

/** Events that a `carillon.v1` client may let be under way unacknowledged. */
export const MAX_CREDIT = 10_000;

/** How long a request that is passed to the upstream may wait for the beginning of its answer: OpenBao takes 90 s itself. */
export const UPSTREAM_TIMEOUT_MS = 5 * 60 * 1000;

/** How long looking up a token at the upstream may take; a hub that delivers waits for it. */
export const UPSTREAM_LOOKUP_TIMEOUT_MS = 5000;

/** How long a Worker remembers that the upstream does not know a token. Standbys learn of a new one that late. */
export const UNKNOWN_TOKEN_MS = 1000;

/** Answer to such a look-up. */
export const MAX_UPSTREAM_ANSWER_BYTES = 256 * 1024;

/** Length of a token of the upstream: one of the batch kind has its policies in it. */
export const MAX_UPSTREAM_TOKEN_CHARACTERS = 8 * 1024;

/** Look-ups that an authority has under way: the platform opens six connections at a time. */
export const MAX_CONCURRENT_LOOKUPS = 6;

/** How long a token of the upstream whose subscribers hear nothing goes without a look-up. */
export const UPSTREAM_RECHECK_MS = 60 * 60 * 1000;

/** A time to live is in whole seconds and takes its time to come: an end that moves by less has not moved. */
export const UPSTREAM_TTL_TOLERANCE_MS = 5000;

/** Line of an audit device that is forwarded: what a request to a source may have, with its newline. */
export const MAX_AUDIT_ENTRY_BYTES = MAX_DELIVERY_BYTES - 1;

/** Bytes of one request of the forwarder, if they are of several entries; as many it reads at a time. */
export const MAX_FORWARDED_BYTES = 256 * 1024;

/** Entries of the same. */
export const MAX_FORWARDED_ENTRIES = 500;

/** How long the forwarder waits for an answer before it sends the request again. */
export const FORWARD_TIMEOUT_MS = 30_000;

/** How long it, or a relay, goes on with what it holds when it is asked to end: shorter than service managers wait. */
export const STOP_MS = 8000;

/** How often it looks whether a log has more: what it adds to the time of an event, at most. */
export const FORWARD_POLL_MS = 200;

/** How often it says that it passed over a line, at most: a log may have nothing else. */
export const FORWARD_REMARK_INTERVAL_MS = 1000;

/** Beginning of a log by which it is known again: it has the time and the id of an entry. */
export const LOG_HEAD_BYTES = 1024;

/** How far the times of files may lie behind the clock: file systems count in larger steps. */
export const MAX_MTIME_ERROR_MS = 2000;

/** Entries of socket devices that wait while the server cannot be reached, in memory. */
export const MAX_FORWARD_QUEUE_BYTES = 32 * 1024 * 1024;

/** Connections of socket devices; each may hold one line. */
export const MAX_FORWARD_CONNECTIONS = 64;

/** The least that `carillon relay` waits before it tries again; at first up to twice as long. */
export const RELAY_MIN_BACKOFF_MS = 1000;

/** What such a wait grows to, in milliseconds: a server that comes back is found within a minute. */
export const RELAY_MAX_BACKOFF_MS = 60_000;

/** Events that a relay holds while its own side cannot take them: a deploy's worth of a busy Vault. */
export const MAX_RELAY_EVENTS = 20_000;

/** Bytes of the same. */
export const MAX_RELAY_BYTES = 64 * 1024 * 1024;

/**
 * How long a relay that is full leaves a stock subscription unread, in milliseconds. Vault lets go of a
 * subscriber after a minute without a word, so the relay closes, and says so, before.
 */
export const MAX_RELAY_STALL_MS = 30_000;

/** Message that a relay reads: twice what a `carillon.v1` server sends at most. */
export const MAX_RELAY_MESSAGE_BYTES = 2 * (MAX_UNACKED_BYTES + FRAME_HEADROOM_BYTES);

/** Events that a relay lets be under way to it: one request is filled while another is sent. */
export const RELAY_CREDIT = 2 * MAX_PUBLISH_EVENTS;

/**
 * Root token of a local server that other machines can reach, at least: a word such as "root" is guessed
 * at once.
 */
export const MIN_REACHABLE_ROOT_TOKEN_CHARACTERS = 12;
