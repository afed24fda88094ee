package carillon

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// backoff says how long to wait before the next attempt, by the failures in a row.
type backoff struct {
	// spread is over how long the clients of the server reconnect, if all lose their connections at once.
	spread   time.Duration
	failures int
	// random returns a number in [0, 1).
	random func() float64
}

// fail counts a failure, and returns a random wait below a bound that doubles with each one ("full jitter").
func (b *backoff) fail(serverWait time.Duration) time.Duration {
	bound := doubled(minBackoff, b.failures, maxBackoff)
	// A wait that the server asks for is spread already.
	if serverWait <= 0 && b.spread > 0 {
		// A server that was started again needs no longer than its spread. One that is overloaded does.
		bound = max(bound, doubled(b.spread, min(b.failures-1, maxSpreadDoublings), maxServerWait))
	}
	b.failures++
	return min(max(serverWait, 0), maxServerWait) + time.Duration(b.random()*float64(bound))
}

// disconnected counts a connection as a success if it lasted long enough.
func (b *backoff) disconnected(lasted time.Duration) {
	if lasted >= stableConnection {
		b.failures = 0
	}
}

func doubled(first time.Duration, times int, most time.Duration) time.Duration {
	for ; times > 0 && first < most; times-- {
		first *= 2
	}
	return min(first, most)
}

// retryAfter reads a header in seconds. A date, which some proxies send, counts as none.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.ParseUint(strings.TrimSpace(header), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// sleep waits. It returns false if ctx is done before.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
