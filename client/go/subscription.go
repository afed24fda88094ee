package carillon

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"sync"
)

// Subscription delivers events and gaps, across connections. Close it.
type Subscription struct {
	options Options
	queue   *queue
	// ctx is done when the subscription ends, and stop ends it.
	ctx  context.Context
	stop context.CancelCauseFunc
	// ended is closed when nothing of the subscription runs any more, opened with the first hello.
	ended  chan struct{}
	opened chan struct{}

	mu sync.Mutex
	// taken is the last item that Next returned, if it counts as processed with the next call.
	taken *Item
}

// Subscribe begins a subscription, which lasts until ctx is done, [Subscription.Close] is called, or it fails for good. It
// does not wait for the connection: see [Subscription.Opened]. The error wraps [ErrInvalid], or is that of
// Options.Cursors.
func Subscribe(ctx context.Context, options Options) (*Subscription, error) {
	return subscribe(ctx, options, rand.Float64)
}

func subscribe(ctx context.Context, options Options, random func() float64) (*Subscription, error) {
	caller, err := newCaller(options)
	if err != nil {
		return nil, err
	}
	if err := checkSubscription(options); err != nil {
		return nil, err
	}
	since := options.Since
	if options.Cursors != nil {
		saved, err := options.Cursors.Load(ctx)
		if err != nil {
			return nil, err
		}
		if saved != "" {
			since = saved
		}
	}
	s := &Subscription{
		options: options,
		queue:   newQueue(since),
		ended:   make(chan struct{}),
		opened:  make(chan struct{}),
	}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	r := &reconnection{caller: caller, queue: s.queue, backoff: backoff{random: random}, opened: s.open}
	go s.run(r)
	return s, nil
}

func (s *Subscription) run(r *reconnection) {
	defer close(s.ended)
	stopAborting := context.AfterFunc(s.ctx, func() { s.queue.abort(context.Cause(s.ctx)) })
	err := r.run(s.ctx)
	// The program gets the items that arrived before an error. It gets none after it has cancelled or closed.
	if stopAborting() {
		s.queue.fail(err)
	}
	s.stop(err)
	r.caller.close()
}

func (s *Subscription) open(began string) {
	if began != "" {
		if err := s.save(s.ctx, began); err != nil {
			s.stop(err)
			return
		}
	}
	select {
	case <-s.opened:
	default:
		close(s.opened)
	}
}

// Opened waits for the first connection. After it the subscription cannot miss an event that is published from now on.
func (s *Subscription) Opened(ctx context.Context) error {
	select {
	case <-s.opened:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Items yields events and gaps until the subscription ends. If it ends otherwise than by [Subscription.Close], an error is
// the last thing that Items yields, without an item.
//
// An item is processed when the body of the loop ends, unless Options.ManualAck is set. If the body leaves the loop, the
// item is not processed: call [Subscription.Ack] before, if it is. Leaving the loop does not close the subscription, and
// another loop continues with the next item.
func (s *Subscription) Items() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		// The queue ends with the subscription, after its items.
		ctx := context.WithoutCancel(s.ctx)
		for {
			item, err := s.Next(ctx)
			if errors.Is(err, ErrClosed) {
				return
			}
			if !yield(item, err) {
				s.setTaken(nil)
				return
			}
			if err != nil {
				return
			}
		}
	}
}

// Next waits for the next item. It says that the item before it is processed, unless Options.ManualAck is set. Only one
// goroutine may call it at a time.
//
// If ctx is done, Next returns its error, and the subscription goes on. If the subscription has ended, Next returns why:
// [ErrClosed], the cause of the context of Subscribe, or an error of this package.
func (s *Subscription) Next(ctx context.Context) (Item, error) {
	if err := s.processTaken(ctx); err != nil {
		return Item{}, err
	}
	item, err := s.queue.take(ctx)
	if err == nil && !s.options.ManualAck {
		s.setTaken(&item)
	}
	return item, err
}

func (s *Subscription) setTaken(item *Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = item
}

func (s *Subscription) processTaken(ctx context.Context) error {
	s.mu.Lock()
	taken := s.taken
	s.taken = nil
	s.mu.Unlock()
	if taken == nil {
		return nil
	}
	return s.ack(ctx, *taken)
}

// Ack says that this item, and all before it, are processed. The client acknowledges many items with one message.
// Options.Cursors keeps the position. The error is its own, and ends the subscription.
func (s *Subscription) Ack(item Item) error {
	return s.ack(context.WithoutCancel(s.ctx), item)
}

func (s *Subscription) ack(ctx context.Context, item Item) error {
	if item.arrival.acks == nil {
		return invalid("this item is not of a subscription")
	}
	// An item of an earlier connection needs no acknowledgement, and its connection sends none.
	item.arrival.acks.processed(item.arrival, item.Cursor)
	err := s.save(ctx, item.Cursor)
	if err != nil {
		s.stop(err)
	}
	return err
}

func (s *Subscription) save(ctx context.Context, cursor string) error {
	if s.options.Cursors == nil {
		return nil
	}
	return s.options.Cursors.Save(ctx, cursor)
}

// Cursor is the position after the last item that the program took; empty before the first connection, if Options.Since was.
func (s *Subscription) Cursor() string { return s.queue.position() }

// Close ends the subscription, and waits until nothing of it runs any more. It may be called again, and returns nil.
func (s *Subscription) Close() error {
	s.stop(ErrClosed)
	<-s.ended
	return nil
}
