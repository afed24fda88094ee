// Package carillon subscribes to the events of a Carillon server, and publishes events.
//
// A [Subscription] outlives its connections: when one breaks, the client reconnects and resumes after the last item that the
// program took. It delivers no item twice, and where events may be missing it delivers a [Gap]. The server sends no more
// than the program processes.
//
//	subscription, err := carillon.Subscribe(ctx, carillon.Options{
//		Address: "https://carillon.example.com",
//		Token:   token,
//		Pattern: "kv-v2/*",
//	})
//	if err != nil {
//		return err
//	}
//	defer subscription.Close()
//	for item, err := range subscription.Items() {
//		switch {
//		case err != nil:
//			return err
//		case item.Gap != nil:
//			readEverything()
//		default:
//			refresh(item.Event.Path())
//		}
//	}
//
// The client speaks the subprotocol carillon.v1, which docs/protocol.md of the repository defines, and passes its vectors.
package carillon
