package carillon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Ten subscribers of five kinds, one publisher, and a server that is killed again and again: each subscriber gets each event
// once, in its order.
func TestSoak(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("CARILLON_SOAK"))
	if err != nil {
		t.Skip("skipped: CARILLON_SOAK=5m runs it")
	}
	server := startServer(t)
	subscribers := make([]*soaked, 10)
	for i := range subscribers {
		subscribers[i] = soakSubscriber(t, server.options("soak/*"), i%5)
	}
	stop, published := make(chan struct{}), make(chan int)
	go func() { published <- publishUntil(stop, server.options("")) }()
	kills := 0
	for end := time.Now().Add(lasts); time.Now().Before(end); kills++ {
		// Longer than a connection must last, so that most waits begin with the shortest back-off again.
		time.Sleep(15*time.Second + rand.N(10*time.Second))
		server.kill()
		server.start()
	}
	close(stop)
	count := <-published
	t.Logf("%d events, %d kills", count, kills)
	for i, subscriber := range subscribers {
		subscriber.waitFor(count)
		_ = subscriber.subscription.Close()
		<-subscriber.ended
		t.Logf("subscriber %d, %s: %d events, %d connections", i, soakKinds[i%5], subscriber.got.Load(), subscriber.connections.Load())
		if got := int(subscriber.got.Load()); got != count || len(subscriber.faults) > 0 {
			t.Errorf("subscriber %d got %d of %d events: %v", i, got, count, subscriber.faults)
		}
	}
}

var soakKinds = []string{"usual", "with a credit of 3", "that acknowledges itself", "that is slow", "of the wildcard hub"}

// publishUntil publishes events with the ids soak-1, soak-2, …, and returns how many.
func publishUntil(stop chan struct{}, options Options) (count int) {
	for {
		select {
		case <-stop:
			return count
		default:
		}
		next := count + 1 + rand.IntN(20)
		for {
			if _, err := Publish(context.Background(), options, soakEvents(count+1, next)...); err == nil {
				break
			}
		}
		count = next
		time.Sleep(rand.N(100 * time.Millisecond))
	}
}

func soakEvents(from, to int) []NewEvent {
	events := newEvents("soak", from, to)
	for i := range events {
		events[i].Type = "soak/event"
		events[i].Metadata = map[string]any{"path": "soak/" + events[i].ID}
	}
	return events
}

// soaked is a subscriber, and what it got.
type soaked struct {
	subscription     *Subscription
	got, connections atomic.Int64
	ended            chan struct{}
	// faults are gaps, and events that came twice, too late or not at all.
	faults []string
}

func soakSubscriber(t *testing.T, options Options, kind int) *soaked {
	s := &soaked{ended: make(chan struct{})}
	options.OnState = func(state State) {
		if state.Connected {
			s.connections.Add(1)
		}
	}
	switch kind {
	case 1:
		options.Credit = 3
	case 2:
		options.ManualAck = true
	case 4:
		options.Pattern = "s*"
	}
	s.subscription = mustSubscribe(t, options)
	go func() {
		defer close(s.ended)
		for item, err := range s.subscription.Items() {
			s.take(item, err)
			if kind == 3 {
				time.Sleep(5 * time.Millisecond)
			}
			if kind == 2 && s.got.Load()%7 == 0 {
				_ = s.subscription.Ack(item)
			}
		}
	}()
	return s
}

func (s *soaked) take(item Item, err error) {
	switch {
	case err != nil:
		s.faults = append(s.faults, err.Error())
	case item.Gap != nil:
		s.faults = append(s.faults, nameOf(item))
	default:
		number, _ := strconv.ParseInt(strings.TrimPrefix(item.Event.ID, "soak-"), 10, 64)
		if expected := s.got.Load() + 1; number != expected {
			s.faults = append(s.faults, fmt.Sprintf("%s instead of %d", item.Event.ID, expected))
		}
		s.got.Store(number)
	}
}

// waitFor waits until the subscriber has so many events. A client that met many failures in a row may wait for long.
func (s *soaked) waitFor(count int) {
	got, since := s.got.Load(), time.Now()
	for got < int64(count) && time.Since(since) < maxServerWait+time.Minute {
		time.Sleep(100 * time.Millisecond)
		if now := s.got.Load(); now != got {
			got, since = now, time.Now()
		}
	}
}
