"""The times and sizes of the client. The README has them as a table."""

#: How long it may take until the first message of the server.
CONNECT_TIMEOUT_S = 30.0

#: The upper bound of the first wait before another attempt. It doubles with each failure.
MIN_BACKOFF_MS = 500

#: The highest upper bound.
MAX_BACKOFF_MS = 30_000

#: After a connection that lasted this long, the next failure counts as the first one.
STABLE_CONNECTION_S = 10.0

#: The longest wait that a server can ask for.
MAX_SERVER_WAIT_MS = 300_000

#: How often the spread doubles at most: few clients need no long waits, however long the server is down.
MAX_SPREAD_DOUBLINGS = 4

#: How often the client pings, on average. Each wait is random, from three to five quarters of this.
PING_INTERVAL_S = 30.0

#: A timer that rings later than this does not show that an answer is missing: the program may have been busy.
MAX_TIMER_DELAY_S = 5.0

#: The client acknowledges after as many events as its credit divided by this.
UNACKED_SHARE = 4

#: Or after as many characters of messages.
MAX_UNACKED_CHARACTERS = 256 * 1024

#: Bytes of a message. The server sends at most a mebibyte of events, and the framing around them.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024

#: The credit that a program may ask for.
MAX_CREDIT = 10_000

#: How long a close waits for the answer of the server.
CLOSE_TIMEOUT_S = 1.0

#: Characters of a server's answer in an error message.
MAX_QUOTED_CHARACTERS = 1_000
