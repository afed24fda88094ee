package carillon

import (
	"context"
	"sync"
)

// queue has the items between the connection and the program. It is bounded: a connection waits until there is room.
type queue struct {
	mu    sync.Mutex
	items []Item
	// cursor is the position after the last item that the program took.
	cursor string
	// waiting calls of the program for an item.
	waiting int
	// end is the error that follows the items.
	end error
	// changed is closed, and replaced, with each change.
	changed chan struct{}
}

func newQueue(cursor string) *queue {
	return &queue{cursor: cursor, changed: make(chan struct{})}
}

// change calls do, and wakes all that wait.
func (q *queue) change(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	do()
	close(q.changed)
	q.changed = make(chan struct{})
}

// until waits until done returns true. It is called with the lock.
func (q *queue) until(ctx context.Context, done func() bool) error {
	q.mu.Lock()
	for !done() {
		changed := q.changed
		q.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		q.mu.Lock()
	}
	q.mu.Unlock()
	return nil
}

func (q *queue) put(item Item) {
	q.change(func() {
		if q.end == nil {
			q.items = append(q.items, item)
		}
	})
}

// take returns the next item, or the end of the queue.
func (q *queue) take(ctx context.Context) (item Item, err error) {
	q.change(func() { q.waiting++ })
	defer q.change(func() { q.waiting-- })
	failure := q.until(ctx, func() bool {
		if len(q.items) == 0 {
			err = q.end
			return err != nil
		}
		item, q.items = q.items[0], q.items[1:]
		q.cursor = item.Cursor
		return true
	})
	if failure != nil {
		return Item{}, failure
	}
	return item, err
}

// room waits until the queue has less than this many items.
func (q *queue) room(ctx context.Context, limit int) error {
	return q.until(ctx, func() bool { return len(q.items) < limit })
}

// awaited waits until the program waits for an item.
func (q *queue) awaited(ctx context.Context) error {
	return q.until(ctx, func() bool { return q.waiting > 0 })
}

func (q *queue) position() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cursor
}

// moveTo is for a hello without a gap: the program has taken everything up to its cursor.
func (q *queue) moveTo(cursor string) {
	q.change(func() { q.cursor = cursor })
}

// restart drops the items that the program did not take. The next connection begins with them.
func (q *queue) restart() {
	q.change(func() { q.items = nil })
}

// fail ends the queue after the items that are in it.
func (q *queue) fail(err error) { q.finish(err, false) }

// abort ends the queue at once.
func (q *queue) abort(err error) { q.finish(err, true) }

func (q *queue) finish(err error, drops bool) {
	q.change(func() {
		if drops {
			q.items = nil
		}
		if q.end == nil {
			q.end = err
		}
	})
}
