package carillon

import (
	"errors"
	"time"
)

// outcome is how an attempt to subscribe ended.
type outcome struct {
	err error
	// isFinal: the client does not try again.
	isFinal bool
	// wait is what the server asks for.
	wait time.Duration
	// when to try again, after a back-off if it is afterBackoff.
	when when
}

type when int

const (
	afterBackoff when = iota
	// atOnce: the network has vanished, and the server is not to blame.
	atOnce
	// onceAsked: the program takes nothing at present.
	onceAsked
)

func retry(err error) outcome { return outcome{err: err} }

func final(err error) outcome { return outcome{err: err, isFinal: true} }

// outcomeOf says whether an error lasts.
func outcomeOf(err error) outcome {
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Temporary() {
		return outcome{err: err, wait: refused.RetryAfter}
	}
	for _, lasting := range []error{ErrInvalid, ErrForbidden, ErrNotFound, ErrRevoked, ErrProtocol} {
		if errors.Is(err, lasting) {
			return final(err)
		}
	}
	return retry(err)
}
