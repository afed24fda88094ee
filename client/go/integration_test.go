package carillon

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"
)

func TestProgramIsToldWhatItPublishes(t *testing.T) {
	server := serverOf(t)
	subscription := mustSubscribe(t, server.options("told/*"))
	event := NewEvent{
		Type: "told/one", ID: "x", Source: "/test", Time: "2026-11-22T12:00:00.5+01:00",
		Metadata:  map[string]any{"path": "a/<b>", "list": []any{1.0, nil, map[string]any{"deep": true}}},
		EntityIDs: []string{"e"}, Note: "n", PluginInfo: map[string]string{"plugin": "kv"},
	}
	for _, expected := range []Published{{IDs: []string{"x"}, Accepted: 1}, {IDs: []string{"x"}, Duplicates: 1}} {
		published, err := Publish(context.Background(), server.options(""), event)
		if err != nil || !reflect.DeepEqual(published, expected) {
			t.Fatalf("%+v, %v", published, err)
		}
	}
	item, err := subscription.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	told := *item.Event
	told.CloudEvent = nil
	if expected := (Event{
		ID: "x", Source: "/test", Type: "told/one", Time: event.Time, Metadata: event.Metadata,
		EntityIDs: event.EntityIDs, Note: "n", PluginInfo: event.PluginInfo,
	}); !reflect.DeepEqual(told, expected) || told.Path() != "a/<b>" {
		t.Fatalf("%+v", told)
	}
}

func TestProgramReadsThePastInItsOrder(t *testing.T) {
	server := serverOf(t)
	mustPublish(t, server.options(""), newEvents("past", 1, 1600)...)
	for _, credit := range []int{0, 3} {
		options := server.options("past")
		options.Since, options.Credit = "earliest", credit
		subscription := mustSubscribe(t, options)
		if taken := take(t, subscription, 1600); !reflect.DeepEqual(taken, ids("past", 1, 1600)) {
			t.Fatalf("with a credit of %d: %v", credit, taken)
		}
	}
}

func TestServerThatIsKilledCostsNoEventAndBringsNoneTwice(t *testing.T) {
	server := startServer(t)
	subscription := mustSubscribe(t, server.options("killed"))
	arrived := make(chan string, 100)
	go func() {
		defer close(arrived)
		for item, err := range subscription.Items() {
			if err != nil {
				arrived <- err.Error()
				return
			}
			arrived <- nameOf(item)
		}
	}()
	published, options := make(chan error, 1), server.options("")
	go func() {
		for _, event := range newEvents("killed", 1, 30) {
			if _, err := Publish(context.Background(), options, event); err != nil {
				published <- err
				return
			}
		}
		published <- nil
	}()
	taken := []string{}
	for name := range arrived {
		taken = append(taken, name)
		if len(taken) == 10 {
			server.kill()
			server.start()
		}
		if len(taken) == 30 {
			break
		}
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	// What would come twice has come before this.
	mustPublish(t, options, newEvents("killed", 31, 31)...)
	if taken = append(taken, <-arrived); !reflect.DeepEqual(taken, ids("killed", 1, 31)) {
		t.Fatalf("%v", taken)
	}
	// Nobody reads of a subscription that is closed.
	_ = subscription.Close()
	if rest, isMore := <-arrived; isMore {
		t.Fatalf("then %s", rest)
	}
}

func TestServerWithoutItsDataIsAGap(t *testing.T) {
	server := startServer(t)
	subscription := mustSubscribe(t, server.options("lost*"))
	mustPublish(t, server.options(""), newEvents("lost", 1, 1)...)
	first := take(t, subscription, 1)
	server.kill()
	server.loseData()
	server.start()
	mustPublish(t, server.options(""), newEvents("lost", 2, 2)...)
	taken := append(first, take(t, subscription, 2)...)
	if expected := []string{"lost-1", "gap: storage_lost", "lost-2"}; !reflect.DeepEqual(taken, expected) {
		t.Fatalf("%v", taken)
	}
}

func TestNextProcessBeginsAfterTheItemsThatWereProcessed(t *testing.T) {
	server := serverOf(t)
	options := server.options("stored")
	options.Cursors = FileCursor(filepath.Join(t.TempDir(), "cursor"))
	first := mustSubscribe(t, options)
	_ = first.Close()
	mustPublish(t, server.options(""), newEvents("stored", 1, 4)...)
	// The position at which the subscription began is stored before its first event.
	second := mustSubscribe(t, options)
	if taken := take(t, second, 2); !reflect.DeepEqual(taken, ids("stored", 1, 2)) {
		t.Fatalf("%v", taken)
	}
	// The second item was taken, and not processed.
	_ = second.Close()
	options.ManualAck = true
	third := mustSubscribe(t, options)
	for range 2 {
		item, err := third.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if nameOf(item) == "stored-2" {
			if err := third.Ack(item); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = third.Close()
	if taken := take(t, mustSubscribe(t, options), 2); !reflect.DeepEqual(taken, ids("stored", 3, 4)) {
		t.Fatalf("%v", taken)
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	server := serverOf(t)
	for name, test := range map[string]struct {
		change func(*Options)
		kind   error
		status int
	}{
		"a filter that is wrong":            {func(o *Options) { o.Filter = "a =" }, ErrInvalid, 400},
		"a token that is not valid":         {func(o *Options) { o.Token = "wrong" }, ErrForbidden, 403},
		"a namespace that does not exist":   {func(o *Options) { o.Namespace = "missing" }, ErrNotFound, 404},
		"a cursor that no server has made":  {func(o *Options) { o.Since = "cc1.wrong" }, ErrInvalid, 400},
		"an address that has no such route": {func(o *Options) { o.Address += "/elsewhere" }, ErrNotFound, 404},
	} {
		t.Run(name, func(t *testing.T) {
			options := server.options("*")
			test.change(&options)
			subscription, err := Subscribe(context.Background(), options)
			if err != nil {
				t.Fatal(err)
			}
			defer subscription.Close()
			_, err = subscription.Next(context.Background())
			var refused *RefusedError
			if !errors.Is(err, test.kind) || !errors.As(err, &refused) || refused.Status != test.status {
				t.Fatalf("%v", err)
			}
			// The error stays.
			if _, again := subscription.Next(context.Background()); again != err {
				t.Fatalf("then %v", again)
			}
		})
	}
}

func TestTokenThatIsRevokedEndsTheSubscriptionOrIsReplaced(t *testing.T) {
	server := serverOf(t)
	first, second := server.tokenWith("root"), server.tokenWith("root")
	options := server.options("revoked")
	options.Token = first
	fixed := mustSubscribe(t, options)
	var calls atomic.Int32
	options.Token = ""
	options.TokenSource = func(context.Context) (string, error) {
		if calls.Add(1) == 1 {
			return first, nil
		}
		return second, nil
	}
	renewed := mustSubscribe(t, options)
	server.post("auth/token/revoke", map[string]any{"token": first})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := fixed.Next(ctx); !errors.Is(err, ErrRevoked) {
		t.Fatalf("%v", err)
	}
	mustPublish(t, server.options(""), newEvents("revoked", 1, 1)...)
	if taken := take(t, renewed, 1); !reflect.DeepEqual(taken, ids("revoked", 1, 1)) {
		t.Fatalf("%v", taken)
	}
}

func TestSubscriberOfANamespaceGetsItsEvents(t *testing.T) {
	server := serverOf(t)
	server.post("sys/namespaces/team-go", map[string]any{})
	options := server.options("deep/*")
	options.Namespace = "team-go/"
	subscription := mustSubscribe(t, options)
	mustPublish(t, options, NewEvent{Type: "deep/one", ID: "d"})
	item, err := subscription.Next(context.Background())
	if err != nil || item.Event.Namespace != "team-go/" {
		t.Fatalf("%+v, %v", item.Event, err)
	}
}
