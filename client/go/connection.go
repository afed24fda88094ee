package carillon

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// listener is told what arrives on a connection.
type listener interface {
	greeted(*hello, *connection)
	delivered(*events, *connection, int) error
	gapped(*gap, *connection, int)
	// hasRoom waits until the program has taken enough.
	hasRoom(context.Context) error
}

// connection is a WebSocket after its handshake. All but the pings happens in run.
type connection struct {
	socket   *websocket.Conn
	listener listener
	random   func() float64
	acks     *acks
	// heard counts the messages that have arrived, and the times that reading began again.
	heard atomic.Int64
	// isPaused: nothing is read, because the program takes nothing.
	isPaused atomic.Bool
	isSilent atomic.Bool
}

// run reads until the connection ends. When ctx is done, it closes the connection.
func (c *connection) run(ctx context.Context, timeout time.Duration) outcome {
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	pings := make(chan struct{})
	defer func() {
		stop()
		_ = c.socket.CloseNow()
		<-pings
	}()
	defer context.AfterFunc(ctx, func() { _ = c.socket.Close(closedNormally, "") })()

	err := c.greet(reading, timeout)
	if err != nil {
		close(pings)
		return c.end(err)
	}
	go func() {
		defer close(pings)
		c.ping(reading)
	}()
	for {
		c.isPaused.Store(true)
		if err := c.listener.hasRoom(ctx); err != nil {
			return retry(err)
		}
		c.isPaused.Store(false)
		// A pong may have arrived that nobody has read.
		c.heard.Add(1)
		message, size, err := c.read(reading)
		if err == nil {
			err = c.receive(message, size)
		}
		var ended *goodbyeError
		if errors.As(err, &ended) {
			return c.leave(reading, ended)
		}
		if err != nil {
			return c.end(err)
		}
	}
}

// greet reads the first message.
func (c *connection) greet(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errNoHello)
	defer cancel()
	message, _, err := c.read(ctx)
	if err != nil {
		return err
	}
	greeting, ok := message.(*hello)
	if !ok {
		return malformed("another message before hello")
	}
	c.listener.greeted(greeting, c)
	return nil
}

var errNoHello = errors.New("the server does not begin to speak")

// goodbyeError is the last message of a server.
type goodbyeError struct{ goodbye *goodbye }

func (e *goodbyeError) Error() string { return e.goodbye.Reason }

func (c *connection) receive(message any, size int) error {
	switch message := message.(type) {
	case *events:
		return c.listener.delivered(message, c, size)
	case *gap:
		c.listener.gapped(message, c, size)
	case *goodbye:
		return &goodbyeError{message}
	case *hello:
		return malformed("a second hello")
	}
	return nil
}

// read returns the next message and its size.
func (c *connection) read(ctx context.Context) (any, int, error) {
	for {
		kind, data, err := c.socket.Read(ctx)
		if err != nil {
			if cause := context.Cause(ctx); errors.Is(cause, errNoHello) {
				err = cause
			}
			return nil, 0, err
		}
		if kind != websocket.MessageText {
			return nil, 0, malformed("a binary message where text ones are due")
		}
		if string(data) == heartbeat {
			continue
		}
		message, err := decodeMessage(data)
		return message, len(data), err
	}
}

// send writes a message. If that fails, the connection ends, and run returns.
func (c *connection) send(data []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	_ = c.socket.Write(ctx, websocket.MessageText, data)
}

// leave waits for the Close frame that follows a goodbye, and says what the goodbye means.
func (c *connection) leave(ctx context.Context, ended *goodbyeError) outcome {
	ctx, cancel := context.WithTimeout(ctx, goodbyeTimeout)
	defer cancel()
	for err := error(nil); err == nil; {
		_, _, err = c.socket.Read(ctx)
	}
	said := ended.goodbye
	reason := &EndedError{Reason: quoted(said.Reason)}
	switch {
	case *said.Reconnect && said.Reason == "ack_timeout":
		return outcome{err: reason, wait: milliseconds(*said.AfterMS), when: onceAsked}
	case *said.Reconnect:
		return outcome{err: reason, wait: milliseconds(*said.AfterMS)}
	case said.Reason == "revoked":
		reason.kind = ErrRevoked
	default:
		reason.kind = ErrProtocol
	}
	return final(reason)
}

// end says what the end of the connection means.
func (c *connection) end(err error) outcome {
	if c.isSilent.Load() {
		return outcome{err: errors.New("the server does not answer any more"), when: atOnce}
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return final(fmt.Errorf("%w: the server sent a message of more than %d bytes", ErrProtocol, maxMessageBytes))
	}
	if errors.Is(err, ErrProtocol) {
		_ = c.socket.Close(closedBadMessage, "")
		return final(err)
	}
	if errors.Is(err, errNoHello) {
		return retry(err)
	}
	ended := &EndedError{Code: closedAbnormally}
	var frame websocket.CloseError
	if errors.As(err, &frame) {
		ended.Code, ended.Detail = int(frame.Code), quoted(frame.Reason)
	}
	switch ended.Code {
	case closedNormally:
		ended.kind = ErrRevoked
	case closedBadMessage, closedTooLarge, closedBadCursor, closedFutureCursor:
		ended.kind = ErrProtocol
	}
	return outcomeOf(ended)
}

// ping pings again and again. If nothing has arrived when the next ping is due, the connection is dead.
func (c *connection) ping(ctx context.Context) {
	for isLate := false; ; {
		if !isLate && !sleep(ctx, c.pingWait()) {
			return
		}
		isLate = false
		if c.isPaused.Load() {
			// A connection that reads nothing reads no answer.
			continue
		}
		heard, due := c.heard.Load(), time.Now().Add(c.pingWait())
		answer, cancel := context.WithDeadline(ctx, due)
		err := c.socket.Ping(answer)
		cancel()
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return
		case time.Since(due) > maxTimerDelay:
			// The program was suspended, and may not have read the answer yet. One more ping decides.
			isLate = true
		case c.heard.Load() == heard && !c.isPaused.Load():
			c.isSilent.Store(true)
			_ = c.socket.CloseNow()
			return
		}
	}
}

func (c *connection) pingWait() time.Duration {
	return time.Duration(float64(pingInterval) * (0.75 + c.random()/2))
}
