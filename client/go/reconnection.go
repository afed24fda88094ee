package carillon

import (
	"context"
	"errors"
	"time"
)

// reconnection keeps a subscription connected: it fills the queue from one connection after another, from the position of the
// queue.
type reconnection struct {
	caller  *caller
	queue   *queue
	backoff backoff
	// opened is called with each hello. The cursor is empty unless it is the position at which the subscription began.
	opened func(began string)

	lease lease
	token string
	// refused is the token that was refused last, and the error to end with if there is no other one.
	refused struct {
		token string
		err   error
	}
	// greetedAt is when the hello of this attempt arrived; zero if none did.
	greetedAt   time.Time
	everGreeted bool
	// cursorLost: the server rejected the cursor, because its storage is another one.
	cursorLost bool
	// limit of the items in the queue.
	limit int
}

// run returns why the subscription ended.
func (r *reconnection) run(ctx context.Context) error {
	for {
		ended := r.attempt(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ended.isFinal && !r.goesOn(ended.err) {
			return ended.err
		}
		if err := r.wait(ctx, ended); err != nil {
			return err
		}
	}
}

func (r *reconnection) attempt(ctx context.Context) outcome {
	r.greetedAt = time.Time{}
	token, err := r.caller.token(ctx)
	if err != nil {
		return outcomeOf(err)
	}
	if r.refused.err != nil && r.refused.token == token {
		return final(r.refused.err)
	}
	r.token = token
	if text := r.lease.of(token); text != "" {
		ended := r.connect(ctx, text)
		var refused *RefusedError
		if !errors.As(ended.err, &refused) || !errors.Is(refused, ErrForbidden) {
			return ended
		}
		// The server does not take the lease, or refuses the token: with the token it says which.
		r.lease = lease{}
	}
	return r.connect(ctx, "")
}

func (r *reconnection) connect(ctx context.Context, lease string) outcome {
	since := r.queue.position()
	if r.cursorLost {
		since = "earliest"
	}
	timeout := r.caller.options.Timeout
	opening, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	socket, err := r.caller.dial(opening, since, r.token, lease)
	if err != nil {
		return outcomeOf(err)
	}
	connection := &connection{socket: socket, listener: r, random: r.backoff.random}
	return connection.run(ctx, timeout)
}

// goesOn tells whether the subscription continues after an error that lasts.
func (r *reconnection) goesOn(err error) bool {
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Status == 400 && r.everGreeted && !r.cursorLost {
		// The server accepted everything but the cursor before.
		r.cursorLost = true
		return true
	}
	var ended *EndedError
	byToken := refused != nil && errors.Is(refused, ErrForbidden) || errors.As(err, &ended) && errors.Is(ended, ErrRevoked)
	// The source may return another token by now. One other is tried for each connection.
	if !byToken || r.caller.options.TokenSource == nil || (r.refused.err != nil && r.greetedAt.IsZero()) {
		return false
	}
	r.refused.token, r.refused.err = r.token, err
	return true
}

func (r *reconnection) wait(ctx context.Context, ended outcome) error {
	r.queue.restart()
	if ended.when == onceAsked {
		if err := r.queue.awaited(ctx); err != nil {
			return err
		}
	}
	if !r.greetedAt.IsZero() {
		r.backoff.disconnected(time.Since(r.greetedAt))
	}
	var wait time.Duration
	if ended.when != atOnce {
		wait = r.backoff.fail(ended.wait)
	}
	r.tell(State{Err: ended.err, RetryIn: wait})
	if !sleep(ctx, wait) {
		return context.Cause(ctx)
	}
	return nil
}

func (r *reconnection) tell(state State) {
	if r.caller.options.OnState != nil {
		r.caller.options.OnState(state)
	}
}

func (r *reconnection) greeted(said *hello, on *connection) {
	credit := int(min(*said.Credit, maxCredit))
	if asked := r.caller.options.Credit; asked != 0 && asked != credit {
		credit = asked
		on.send(creditMessage(credit))
	}
	on.acks = newAcks(credit, func(cursor string) { on.send(ackMessage(cursor)) })
	// A server that was idle may count from zero again, so the client has room for twice the credit.
	r.limit = max(1, 2*credit)
	r.lease = newLease(said.Lease, r.token)
	r.backoff.spread = milliseconds(said.SpreadMS)
	r.greetedAt = time.Now()
	r.refused.err = nil
	missing := said.Gap
	if r.cursorLost {
		missing = &Gap{Reason: "storage_lost"}
	}
	began := ""
	if missing != nil {
		r.queue.put(Item{Gap: missing, Cursor: said.Cursor, arrival: on.acks.arrived(0, false)})
	} else {
		r.queue.moveTo(said.Cursor)
		if !r.everGreeted {
			began = said.Cursor
		}
	}
	r.everGreeted, r.cursorLost = true, false
	r.opened(began)
	r.tell(State{Connected: true})
}

func (r *reconnection) delivered(sent *events, on *connection, size int) error {
	for i, each := range sent.Events {
		event, err := decodeEvent(each.Event)
		if err != nil {
			return err
		}
		isAsked := sent.Acknowledge && i == len(sent.Events)-1
		r.queue.put(Item{Event: event, Cursor: each.Cursor, arrival: on.acks.arrived(size/len(sent.Events), isAsked)})
	}
	return nil
}

func (r *reconnection) gapped(sent *gap, on *connection, size int) {
	r.queue.put(Item{Gap: &Gap{Reason: sent.Reason}, Cursor: sent.Cursor, arrival: on.acks.arrived(size, false)})
}

func (r *reconnection) hasRoom(ctx context.Context) error {
	return r.queue.room(ctx, r.limit)
}
