package carillon_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"sync"

	carillon "github.com/carillon-events/carillon/client/go"
	"github.com/coder/websocket"
)

var (
	token          = "token"
	refresh        = func(path string) { fmt.Println("refresh", path) }
	readEverything = func() { fmt.Println("read everything") }
	certificates   *tls.Config
	login          func(ctx context.Context) (string, error)
	workers        = func(work func()) { go work() }
	server         = httptest.NewServer(http.HandlerFunc(serve))
	address        = server.URL
)

// A server that sends an event and a gap.
func serve(response http.ResponseWriter, request *http.Request) {
	socket, err := websocket.Accept(response, request, &websocket.AcceptOptions{Subprotocols: []string{"carillon.v1.json"}})
	if err != nil {
		return
	}
	for _, message := range []string{
		`{"type":"hello","cursor":"c0","resumed":true,"credit":256,"ack_timeout_ms":60000}`,
		`{"type":"events","events":[{"cursor":"c1","event":{"id":"e-1","source":"vault://carillon","time":"2026-11-22T12:00:00Z",` +
			`"data":{"event":{"id":"e-1","metadata":{"path":"secret/data/app"}},"event_type":"kv-v2/data-write"}}}]}`,
		`{"type":"gap","reason":"forgotten","cursor":"c9"}`,
		`{"type":"goodbye","reason":"revoked","reconnect":false,"after_ms":0}`,
	} {
		_ = socket.Write(request.Context(), websocket.MessageText, []byte(message))
	}
	_ = socket.Close(websocket.StatusNormalClosure, "")
}

func ExampleSubscribe() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	subscription, err := carillon.Subscribe(ctx, carillon.Options{
		Address: address,
		Token:   token,
		Pattern: "kv-v2/*",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	for item, err := range subscription.Items() {
		switch {
		case errors.Is(err, carillon.ErrRevoked):
			fmt.Println("log in again")
		case err != nil:
			log.Fatal(err)
		case item.Gap != nil:
			readEverything()
		default:
			refresh(item.Event.Path())
		}
	}
	// Output:
	// refresh secret/data/app
	// read everything
	// log in again
}

func ExamplePublish() {
	_, err := carillon.Publish(context.Background(), carillon.Options{
		Address: "https://carillon.example.com",
		Token:   token,
	}, carillon.NewEvent{
		Type:     "deploy/finished",
		Metadata: map[string]any{"path": "deploys/web", "service": "web"},
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleFileCursor() {
	subscription, err := carillon.Subscribe(context.Background(), carillon.Options{
		Address: "https://carillon.example.com",
		Token:   token,
		Pattern: "kv-v2/*",
		Cursors: carillon.FileCursor("/var/lib/app/events.cursor"),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
}

func ExampleOptions_tokenSource() {
	subscription, err := carillon.Subscribe(context.Background(), carillon.Options{
		Address:     "https://carillon.example.com",
		TokenSource: login,
		Pattern:     "kv-v2/*",
		TLS:         certificates,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
}

func ExampleSubscription_Ack() {
	subscription, err := carillon.Subscribe(context.Background(), carillon.Options{
		Address:   "https://carillon.example.com",
		Token:     token,
		Pattern:   "kv-v2/*",
		ManualAck: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	for {
		batch := []carillon.Item{}
		for len(batch) < 10 {
			item, err := subscription.Next(context.Background())
			if err != nil {
				log.Fatal(err)
			}
			batch = append(batch, item)
		}
		var working sync.WaitGroup
		for _, item := range batch {
			working.Add(1)
			workers(func() {
				defer working.Done()
				if item.Event != nil {
					refresh(item.Event.Path())
				}
			})
		}
		working.Wait()
		if err := subscription.Ack(batch[len(batch)-1]); err != nil {
			log.Fatal(err)
		}
	}
}
