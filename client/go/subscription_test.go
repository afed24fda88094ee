//go:build go1.25

package carillon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble plays a test with a scripted server, on a clock of its own. It fails if a goroutine is left.
func inBubble(t *testing.T, test func(t *testing.T, server *scriptedServer, options Options)) {
	synctest.Test(t, func(t *testing.T) {
		server := newScriptedServer(t)
		test(t, server, Options{Address: "http://carillon.test", Token: "token", Pattern: "*", HTTPClient: server.client()})
	})
}

func begun(t *testing.T, options Options) *Subscription {
	t.Helper()
	subscription, err := Subscribe(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscription.Close() })
	return subscription
}

// accepted is the next connection, after its hello.
func (s *scriptedServer) accepted(t *testing.T, hello map[string]any) *session {
	t.Helper()
	session, err := (<-s.handshakes).accept()
	if err == nil {
		err = session.send(step{Hello: hello}.hello(), true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func (s *session) sendEvents(t *testing.T, numbers ...int) {
	t.Helper()
	sent := step{}
	for _, number := range numbers {
		sent.Events = append(sent.Events, fmt.Append(nil, number))
	}
	if err := s.send(sent.data()); err != nil {
		t.Fatal(err)
	}
}

func TestLoopThatIsLeftGoesOnAfterTheItemThatWasNotProcessed(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		subscription := begun(t, options)
		session := server.accepted(t, map[string]any{"cursor": "c0", "credit": 4})
		session.sendEvents(t, 1, 2, 3)
		names := []string{}
		for range 2 {
			for item, err := range subscription.Items() {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, nameOf(item))
				break
			}
		}
		names = append(names, take(t, subscription, 1)...)
		if !reflect.DeepEqual(names, []string{"e-1", "e-2", "e-3"}) || subscription.Cursor() != "c3" {
			t.Fatalf("%v, %s", names, subscription.Cursor())
		}
		if sent := session.rest(); len(sent) > 0 {
			t.Fatalf("it acknowledged %v", sent)
		}
	})
}

func TestManualAcknowledgementIsOfAllItemsUpToOne(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		options.ManualAck = true
		subscription := begun(t, options)
		session := server.accepted(t, map[string]any{"cursor": "c0", "credit": 8})
		session.sendEvents(t, 1, 2, 3, 4)
		items := []Item{}
		for range 4 {
			item, err := subscription.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, item)
		}
		for _, acked := range []Item{items[2], items[1], items[3]} {
			if err := subscription.Ack(acked); err != nil {
				t.Fatal(err)
			}
		}
		// Two items, a quarter of the credit, go with the first call. One waits for another.
		if sent := session.rest(); !reflect.DeepEqual(sent, []string{`{"cursor":"c3","type":"ack"}`}) {
			t.Fatalf("%v", sent)
		}
		// An item of an earlier connection needs no acknowledgement.
		_ = session.socket.CloseNow()
		next := server.accepted(t, map[string]any{"cursor": "c4", "credit": 1})
		if err := subscription.Ack(items[3]); err != nil {
			t.Fatal(err)
		}
		if sent := next.rest(); len(sent) > 0 {
			t.Fatalf("%v", sent)
		}
		if err := subscription.Ack(Item{}); !errors.Is(err, ErrInvalid) {
			t.Fatalf("%v", err)
		}
	})
}

func TestSlowProgramStopsTheServerAndKeepsItsConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		subscription := begun(t, options)
		session := server.accepted(t, map[string]any{"cursor": "c0", "credit": 4})
		sent := make(chan int, 100)
		go func() {
			for number := 1; number <= 50; number++ {
				session.sendEvents(t, number)
				sent <- number
			}
		}()
		// Longer than any ping may stay without its pong.
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(sent) > 9 {
			t.Fatalf("the client read %d events, with a credit of 4", len(sent))
		}
		taken := take(t, subscription, 50)
		if taken[0] != "e-1" || taken[49] != "e-50" || len(server.handshakes) > 0 {
			t.Fatalf("%v, %d handshakes", taken, len(server.handshakes))
		}
	})
}

func TestServerThatGivesNoCreditIsHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		subscription := begun(t, options)
		session := server.accepted(t, map[string]any{"cursor": "c0", "credit": 0})
		goodbye := `{"type":"goodbye","reason":"revoked","reconnect":false,"after_ms":0}`
		if err := session.send([]byte(goodbye), true); err != nil {
			t.Fatal(err)
		}
		_ = session.socket.Close(closedNormally, "")
		if _, err := subscription.Next(t.Context()); !errors.Is(err, ErrRevoked) {
			t.Fatalf("%v", err)
		}
	})
}

func TestContextEndsTheSubscriptionAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		ctx, cancel := context.WithCancel(t.Context())
		subscription, err := Subscribe(ctx, options)
		if err != nil {
			t.Fatal(err)
		}
		session := server.accepted(t, map[string]any{"cursor": "c0"})
		session.sendEvents(t, 1)
		if err := subscription.Opened(t.Context()); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		count := 0
		for _, err := range subscription.Items() {
			if count++; !errors.Is(err, context.Canceled) || count > 1 {
				t.Fatalf("%v", err)
			}
		}
		if done := <-session.acts; done.kind != "leaves" || done.code != closedNormally {
			t.Fatalf("%+v", done)
		}
		if err := subscription.Opened(ctx); !errors.Is(err, context.Canceled) && err != nil {
			t.Fatalf("%v", err)
		}
	})
}

func TestCloseEndsEveryWait(t *testing.T) {
	for name, until := range map[string]func(*testing.T, *scriptedServer){
		"for the network":        func(*testing.T, *scriptedServer) {},
		"for the handshake":      func(_ *testing.T, server *scriptedServer) { time.Sleep(time.Millisecond) },
		"before another attempt": func(_ *testing.T, server *scriptedServer) { (<-server.handshakes).refuse(step{Status: 503}) },
		"for an item":            func(t *testing.T, server *scriptedServer) { server.accepted(t, map[string]any{"cursor": "c0"}) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
				subscription := begun(t, options)
				until(t, server)
				ended := make(chan error, 1)
				go func() {
					_, err := subscription.Next(context.Background())
					ended <- err
				}()
				synctest.Wait()
				began := time.Now()
				_ = subscription.Close()
				if err := <-ended; !errors.Is(err, ErrClosed) || time.Since(began) > 0 {
					t.Fatalf("%v after %v", err, time.Since(began))
				}
				for item, err := range subscription.Items() {
					t.Fatalf("%v, %v", item, err)
				}
			})
		})
	}
}

func TestServerThatSpeaksOtherwiseEndsTheSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		subscription := begun(t, options)
		handshake := <-server.handshakes
		handshake.request.Header.Del("Sec-WebSocket-Protocol")
		if _, err := handshake.accept(); err != nil {
			t.Fatal(err)
		}
		if _, err := subscription.Next(t.Context()); !errors.Is(err, ErrProtocol) {
			t.Fatalf("%v", err)
		}
	})
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		subscription := begun(t, options)
		session := server.accepted(t, map[string]any{"cursor": "c0"})
		_ = session.send([]byte(strings.Repeat(" ", maxMessageBytes+1)), true)
		if _, err := subscription.Next(t.Context()); !errors.Is(err, ErrProtocol) {
			t.Fatalf("%v", err)
		}
	})
}

func TestTokenSourceThatFailsIsAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		states := []string{}
		failures := []error{errors.New("no network"), fmt.Errorf("log in: %w", ErrForbidden)}
		options.Token = ""
		options.TokenSource = func(context.Context) (string, error) {
			defer func() { failures = failures[1:] }()
			return "", failures[0]
		}
		options.OnState = func(state State) { states = append(states, state.Err.Error()) }
		_, err := begun(t, options).Next(t.Context())
		if !errors.Is(err, ErrForbidden) || !reflect.DeepEqual(states, []string{"no network"}) {
			t.Fatalf("%v, %v", err, states)
		}
	})
}

func TestOneOtherTokenIsTriedForEachConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		options.Token = ""
		tokens := []string{"a", "b", "c"}
		options.TokenSource = func(context.Context) (string, error) {
			defer func() { tokens = tokens[1:] }()
			return tokens[0], nil
		}
		subscription := begun(t, options)
		used := []any{}
		for range 2 {
			handshake := <-server.handshakes
			used = append(used, handshake.asked()["token"])
			handshake.refuse(step{Status: 403})
		}
		_, err := subscription.Next(t.Context())
		if !errors.Is(err, ErrForbidden) || !reflect.DeepEqual(used, []any{"a", "b"}) {
			t.Fatalf("%v, %v", err, used)
		}
	})
}

type brokenStore struct{ loads, saves error }

func (s brokenStore) Load(context.Context) (string, error) { return "c7", s.loads }
func (s brokenStore) Save(context.Context, string) error   { return s.saves }

func TestStoreThatFailsEndsTheSubscription(t *testing.T) {
	full := errors.New("the disk is full")
	inBubble(t, func(t *testing.T, server *scriptedServer, options Options) {
		options.Cursors = brokenStore{loads: full}
		if _, err := Subscribe(t.Context(), options); !errors.Is(err, full) {
			t.Fatalf("%v", err)
		}
		options.Cursors = brokenStore{saves: full}
		subscription := begun(t, options)
		handshake := <-server.handshakes
		if since := handshake.asked()["since"]; since != "c7" {
			t.Fatalf("it begins at %v", since)
		}
		handshake.refuse(step{Status: 503})
		server.accepted(t, map[string]any{"cursor": "c8"})
		for range 2 {
			if _, err := subscription.Next(t.Context()); !errors.Is(err, full) {
				t.Fatalf("%v", err)
			}
		}
	})
}
