package carillon

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Why a subscription or [Publish] failed for good. Test for them with [errors.Is]. A temporary failure is not an error: the
// client retries.
var (
	// ErrInvalid: an option, the pattern, the filter or an event is wrong. Fix it first.
	ErrInvalid = errors.New("invalid")
	// ErrForbidden: the token is not valid, or has no right to this.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: the namespace does not exist, or this is not the address of the server.
	ErrNotFound = errors.New("not found")
	// ErrRevoked: the token, its rights or its namespace ended while the subscription was open.
	ErrRevoked = errors.New("revoked")
	// ErrProtocol: the server does not speak carillon.v1 as this client does, or redirects.
	ErrProtocol = errors.New("protocol error")
	// ErrUnavailable: all attempts of a publish request failed.
	ErrUnavailable = errors.New("unavailable")
	// ErrClosed: the program closed the subscription.
	ErrClosed = errors.New("the subscription was closed")
)

// RefusedError is the server's answer to a handshake or a request that it refused. It unwraps to [ErrInvalid],
// [ErrForbidden] or [ErrNotFound] if the refusal lasts.
type RefusedError struct {
	// Status is the HTTP status.
	Status int
	// Reason is what the server says.
	Reason string
	// RetryAfter is how long the server asks to wait; 0 if it does not.
	RetryAfter time.Duration
}

func (e *RefusedError) Error() string {
	message := fmt.Sprintf("the server answered %d: %s", e.Status, e.Reason)
	switch e.kind() {
	case ErrForbidden:
		return message + "; give a token that is valid and whose policies allow it"
	case ErrNotFound:
		return message + "; check the address, and that the namespace exists"
	}
	return message
}

// Unwrap returns what kind of error it is, or nil if the same request may succeed later.
func (e *RefusedError) Unwrap() error { return e.kind() }

// Temporary tells whether the same request may succeed later.
func (e *RefusedError) Temporary() bool { return e.kind() == nil }

func (e *RefusedError) kind() error {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	}
	switch {
	case e.Status >= 500:
		return nil
	case e.Status >= 400:
		return ErrInvalid
	default:
		// A redirect would send the token to another server.
		return ErrProtocol
	}
}

// EndedError is the end of a connection that the server closed. It unwraps to [ErrRevoked] or [ErrProtocol] if the same
// subscription would end again.
type EndedError struct {
	// Reason of the server's goodbye; empty if there was none.
	Reason string
	// Code of the Close frame; 0 after a goodbye, 1006 if there was no frame.
	Code int
	// Detail is the text of the Close frame.
	Detail string

	kind error
}

func (e *EndedError) Error() string {
	message := fmt.Sprintf("the server ended the subscription (%s)", e.Reason)
	switch {
	case e.Code == closedAbnormally:
		message = "the connection broke"
	case e.Code != 0:
		message = fmt.Sprintf("the server closed the subscription (%d %s)", e.Code, e.Detail)
	}
	if e.kind == ErrRevoked {
		message += ": the token, its rights or its namespace ended; subscribe with a token that has the right"
	}
	return message
}

// Unwrap returns what kind of error it is, or nil if the client may reconnect.
func (e *EndedError) Unwrap() error { return e.kind }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: the server sent what is not of carillon.v1: %s; is there a newer version of this client?",
		ErrProtocol, fmt.Sprintf(format, args...))
}
