package carillon

import "time"

// The times and sizes of the client. docs/client.md of the repository has the reasons of those that the clients share.
const (
	// connectTimeout is how long an attempt may take until the server's first message, and how long a request may take.
	connectTimeout = 30 * time.Second
	// minBackoff is the bound of the first wait before another attempt. It doubles with each failure, up to maxBackoff.
	minBackoff = 500 * time.Millisecond
	maxBackoff = 30 * time.Second
	// stableConnection is how long a connection lasts, so that the next failure counts as the first one.
	stableConnection = 10 * time.Second
	// maxServerWait is the longest wait that the server can ask for.
	maxServerWait = 5 * time.Minute
	// maxSpreadDoublings is how often the spread doubles at most: few clients need no long waits, however long the server is
	// down.
	maxSpreadDoublings = 4
	// pingInterval is the mean time between pings. Each wait is random, from three to five quarters of it.
	pingInterval = 30 * time.Second
	// maxTimerDelay is how late a timer can be, so that a missing answer shows that the connection is dead. If it is later,
	// the program may have been suspended.
	maxTimerDelay = 5 * time.Second
	// goodbyeTimeout is how long the client waits for the Close frame that follows a goodbye.
	goodbyeTimeout = time.Second
	// writeTimeout is how long a message of the client may take to leave it.
	writeTimeout = 10 * time.Second

	// unackedShare: the client acknowledges after its credit divided by this, or after maxUnackedBytes.
	unackedShare    = 4
	maxUnackedBytes = 256 * 1024
	maxCredit       = 10_000
	// maxMessageBytes is the longest message that the client reads: twice what the protocol recommends.
	maxMessageBytes = 4 * 1024 * 1024
	maxLeaseBytes   = 2048
	// maxReasonBytes is how much of the server's reason an error quotes.
	maxReasonBytes = 1000

	maxPublishAttempts = 8
	// What one publish request may have: docs/api.md.
	maxPublishEvents     = 1000
	maxPublishBytes      = 1024 * 1024
	maxPublishNamespaces = 100
	maxResponseBytes     = 1024 * 1024
)
