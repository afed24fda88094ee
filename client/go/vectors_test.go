//go:build go1.25

package carillon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// The client passes the vectors that the clients of the repository have in common, in a bubble with a clock of its own. The
// bubble fails if a goroutine outlives the subscription.
func TestVectorsOfTheProtocol(t *testing.T) {
	for name, vector := range readVectors(t) {
		for _, random := range []float64{0, 0.999999} {
			t.Run(fmt.Sprintf("%s with random numbers of %v", name, random), func(t *testing.T) {
				for _, need := range vector.Needs {
					if need == "heartbeats" {
						t.Skip("this client can ping")
					} else if need != "pings" && need != "leases" {
						t.Fatalf("the vector needs %q", need)
					}
				}
				if vector.Version != 1 {
					t.Fatalf("the vector is of version %d", vector.Version)
				}
				synctest.Test(t, func(t *testing.T) { play(t, vector, random) })
			})
		}
	}
}

// player is a subscription, its server, and where both are.
type player struct {
	*testing.T
	vector       vector
	random       float64
	server       *scriptedServer
	subscription *Subscription
	handshake    *handshake
	session      *session
	// begun is when the step before ended.
	begun time.Time
	asked chan taken
}

type taken struct {
	item Item
	err  error
}

var kinds = map[string]error{
	"invalid": ErrInvalid, "forbidden": ErrForbidden, "not_found": ErrNotFound, "revoked": ErrRevoked, "protocol": ErrProtocol,
}

func play(t *testing.T, vector vector, random float64) {
	server := newScriptedServer(t)
	wanted := &vector.Subscription
	if wanted.Pattern == "" {
		wanted.Pattern = "*"
	}
	subscription, err := subscribe(t.Context(), Options{
		Address: "http://carillon.test", Token: "token", HTTPClient: server.client(),
		Pattern: wanted.Pattern, Namespace: wanted.Namespace, Filter: wanted.Filter, Namespaces: wanted.Namespaces,
		Since: wanted.Since, Credit: wanted.Credit,
	}, func() float64 { return random })
	if err != nil {
		t.Fatal(err)
	}
	defer subscription.Close()
	p := &player{T: t, vector: vector, random: random, server: server, subscription: subscription, begun: time.Now()}
	for i, step := range vector.Steps {
		if err := p.play(step); err != nil {
			t.Fatalf("step %d, %v: %v", i+1, step, err)
		}
		// Whatever the step sets off has happened before the next one.
		synctest.Wait()
		p.begun = time.Now()
	}
	if rest := p.session.rest(); len(rest) > 0 || len(server.handshakes) > 0 {
		t.Fatalf("no step awaits the messages %v and %d handshakes", rest, len(server.handshakes))
	}
}

func (p *player) play(at step) error {
	switch {
	case at.Client == "connects":
		return p.connects(at)
	case at.Client != "":
		return p.acts(at)
	case at.Server != "":
		return p.serves(at)
	case at.Program != "":
		return p.runs(at)
	case at.Time == "passes":
		time.Sleep(time.Duration(at.MS) * time.Millisecond)
		return nil
	}
	return errors.New("this runner does not know the step")
}

func (p *player) connects(at step) error {
	if rest := p.session.rest(); len(rest) > 0 {
		return fmt.Errorf("no step awaits %v", rest)
	}
	p.session, p.handshake = nil, <-p.server.handshakes
	wanted := p.vector.Subscription
	expected := map[string]any{
		"pattern": wanted.Pattern, "namespace": wanted.Namespace, "filter": wanted.Filter,
		"namespaces": strings.Join(wanted.Namespaces, " "), "since": at.Since, "lease": at.Lease, "token": "token",
	}
	if at.Lease != "" {
		expected["token"] = ""
	}
	if asked := p.handshake.asked(); !reflect.DeepEqual(asked, expected) {
		return fmt.Errorf("it asks for %v, and not for %v", asked, expected)
	}
	return p.checkTime(at.WaitsMS)
}

func (p *player) acts(at step) error {
	done := <-p.session.acts
	kind := at.Client
	if kind == "closes" {
		kind = "leaves"
	}
	if done.kind != kind {
		return fmt.Errorf("the client %s %s %d", done.kind, done.data, done.code)
	}
	if at.Client == "closes" && string(at.Code) != fmt.Sprint(done.code) {
		return fmt.Errorf("the code is %d", done.code)
	}
	if at.Client == "sends" && !matches(done.data, at.Message) {
		return fmt.Errorf("it sends %s", done.data)
	}
	return p.checkTime(at.AfterMS)
}

func (p *player) serves(at step) (err error) {
	switch at.Server {
	case "accepts":
		if p.session, err = p.handshake.accept(); err == nil && at.Hello != nil {
			err = p.session.send(at.hello(), true)
		}
	case "refuses":
		p.handshake.refuse(at)
	case "sends":
		err = p.session.send(at.data())
	case "closes":
		var code int
		_ = json.Unmarshal(at.Code, &code)
		_ = p.session.socket.Close(websocket.StatusCode(code), at.Reason)
	case "breaks":
		if p.session == nil {
			p.handshake.abort()
		} else {
			_ = p.session.socket.CloseNow()
		}
	case "falls silent":
		p.session.isSilent.Store(true)
	default:
		err = errors.New("this runner does not know the step")
	}
	return err
}

func (p *player) runs(at step) error {
	switch at.Program {
	case "asks":
		p.asked = make(chan taken, 1)
		go func() {
			item, err := p.subscription.Next(context.Background())
			p.asked <- taken{item, err}
		}()
		return nil
	case "closes":
		return p.subscription.Close()
	case "fails":
		item, err := p.take()
		var code string
		_ = json.Unmarshal(at.Code, &code)
		if err == nil {
			return fmt.Errorf("it gets %s", nameOf(item))
		}
		var refused *RefusedError
		if !errors.Is(err, kinds[code]) || (at.Status != 0 && (!errors.As(err, &refused) || refused.Status != at.Status)) {
			return fmt.Errorf("it fails with %w", err)
		}
		return nil
	}
	for _, name := range at.Items {
		if item, err := p.take(); err != nil || nameOf(item) != name {
			return fmt.Errorf("instead of %s it gets %v, %v", name, item, err)
		}
	}
	for _, event := range at.Events {
		item, err := p.take()
		if err != nil {
			return err
		}
		var expected any
		_ = json.Unmarshal(event, &expected)
		if !matches(mustEncode(membersOf(item)), expected) {
			return fmt.Errorf("it gets %s", mustEncode(membersOf(item)))
		}
	}
	return nil
}

func (p *player) take() (Item, error) {
	if p.asked == nil {
		return p.subscription.Next(context.Background())
	}
	taken := <-p.asked
	p.asked = nil
	return taken.item, taken.err
}

// checkTime compares how long the step took with the end of the window that the random number leads to.
func (p *player) checkTime(expected *window) error {
	if expected == nil {
		return nil
	}
	from, below := expected[0], expected[1]
	took := float64(time.Since(p.begun)) / float64(time.Millisecond)
	if p.random > 0 {
		from = below - max(1, (below-from)/100)
	} else {
		below = from + 1
	}
	if took < from || took >= below {
		return fmt.Errorf("it took %v ms, and not between %v and %v", took, from, below)
	}
	return nil
}
