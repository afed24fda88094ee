package carillon

import "sync"

// acks acknowledges on one connection what the program has processed: many items with one message, and early enough that
// the server goes on sending.
type acks struct {
	send  func(cursor string)
	quota int

	mu sync.Mutex
	// received is the last item that arrived, acked the last one that was acknowledged.
	received, acked arrival
	// asked is the number of the last item that the server asked for.
	asked int
}

// arrival is when an item came on its connection, among the others.
type arrival struct {
	acks *acks
	// number counts from 1.
	number int
	// bytes of all messages up to this item.
	bytes int
}

func newAcks(credit int, send func(cursor string)) *acks {
	return &acks{send: send, quota: max(1, credit/unackedShare)}
}

// arrived counts an item. isAsked tells whether the server waits for the acknowledgement.
func (a *acks) arrived(bytes int, isAsked bool) arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.received = arrival{acks: a, number: a.received.number + 1, bytes: a.received.bytes + bytes}
	if isAsked {
		a.asked = a.received.number
	}
	return a.received
}

// processed says that the program has processed this item, and all before it.
func (a *acks) processed(at arrival, cursor string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	isAsked := a.asked > a.acked.number && at.number >= a.asked
	isDue := at.number-a.acked.number >= a.quota || at.bytes-a.acked.bytes >= maxUnackedBytes
	if at.number > a.acked.number && (isAsked || isDue) {
		a.acked = at
		a.send(cursor)
	}
}
