package carillon

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
)

// NewEvent is an event to publish. Only Type is required.
type NewEvent struct {
	// Type is, for example, deploy/finished.
	Type string `json:"event_type"`
	// Metadata: its path decides who may receive the event. A type of Vault's catalog requires its keys.
	Metadata map[string]any `json:"metadata,omitempty"`
	// ID is a random UUID if it is empty.
	ID string `json:"id,omitempty"`
	// Source is a URI reference; that of the server if empty.
	Source string `json:"source,omitempty"`
	// Time is an RFC 3339 time; the time of receipt if empty.
	Time string `json:"time,omitempty"`
	// Namespace is the full path of the Vault namespace: that of the options, which is the default, or one below.
	Namespace string `json:"namespace,omitempty"`
	// EntityIDs are the ids of the identities that the event concerns.
	EntityIDs []string `json:"entity_ids,omitempty"`
	// Note is a text for people.
	Note string `json:"note,omitempty"`
	// PluginInfo has the mount and the plugin that the event comes from.
	PluginInfo map[string]string `json:"plugin_info,omitempty"`
}

// Published says what [Publish] has published.
type Published struct {
	// IDs of the events that are published, in their order.
	IDs []string
	// Accepted is how many of them the server did not have before.
	Accepted int
	// Duplicates is how many it had. If the answer to a first attempt was lost, the events of that attempt are among them.
	Duplicates int
}

// Publish publishes events in their order, in as many requests as the limits of the server need. Of the options it uses
// those of the connection: Address, Token or TokenSource, Namespace, HTTPClient or TLS, Timeout.
//
// Each event has its id before it is sent, so a request whose answer was lost is sent again without duplicates, up to 8
// times. If Publish fails, the events after those of Published.IDs are not known to be published. A program that publishes them
// again gives them ids of its own.
func Publish(ctx context.Context, options Options, events ...NewEvent) (Published, error) {
	caller, err := newCaller(options)
	if err != nil {
		return Published{}, err
	}
	defer caller.close()
	requests, err := publishRequests(events)
	if err != nil {
		return Published{}, err
	}
	// Another token may be another publisher, so one is used for all requests.
	token, err := caller.token(ctx)
	if err != nil {
		return Published{}, err
	}
	var published Published
	for _, request := range requests {
		counts, err := caller.publish(ctx, token, request.body.Bytes())
		if err != nil {
			return published, err
		}
		published.IDs = append(published.IDs, request.ids...)
		published.Accepted += *counts.Accepted
		published.Duplicates += *counts.Duplicates
	}
	return published, nil
}

type publishRequest struct {
	body bytes.Buffer
	ids  []string
	hubs map[string]bool
}

// publishRequests divides events into requests that keep the limits of the server.
func publishRequests(events []NewEvent) (requests []*publishRequest, err error) {
	var open *publishRequest
	for _, event := range events {
		if event.Type == "" {
			return nil, invalid("an event has no Type")
		}
		if event.ID == "" {
			event.ID = newID()
		}
		line, err := json.Marshal(event)
		if err != nil {
			return nil, invalid("event %s: %v", event.ID, err)
		}
		hub := event.Namespace + " " + strings.SplitN(event.Type, "/", 2)[0]
		if open == nil || open.isFull(len(line)+1, hub) {
			open = &publishRequest{hubs: map[string]bool{}}
			requests = append(requests, open)
		}
		open.body.Write(append(line, '\n'))
		open.ids = append(open.ids, event.ID)
		open.hubs[hub] = true
	}
	return requests, nil
}

// isFull: an event that is too large for any request gets one, which the server rejects.
func (r *publishRequest) isFull(bytes int, hub string) bool {
	return len(r.ids) == maxPublishEvents || r.body.Len()+bytes > maxPublishBytes ||
		len(r.hubs) == maxPublishNamespaces && !r.hubs[hub]
}

func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	text := hex.EncodeToString(id)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

type publishCounts struct {
	Accepted   *int `json:"accepted"`
	Duplicates *int `json:"duplicates"`
}

// publish sends a request until it succeeds, or fails for good.
func (c *caller) publish(ctx context.Context, token string, body []byte) (publishCounts, error) {
	wait := backoff{random: mathrand.Float64}
	for attempt := 1; ; attempt++ {
		counts, err := c.tryPublish(ctx, token, body)
		ended := outcomeOf(err)
		switch {
		case err == nil:
			return counts, nil
		case ctx.Err() != nil:
			return counts, context.Cause(ctx)
		case ended.isFinal:
			return counts, err
		case attempt == maxPublishAttempts:
			return counts, fmt.Errorf("%w after %d attempts: %w", ErrUnavailable, attempt, err)
		}
		if !sleep(ctx, wait.fail(ended.wait)) {
			return counts, context.Cause(ctx)
		}
	}
}

func (c *caller) tryPublish(ctx context.Context, token string, body []byte) (counts publishCounts, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	address := c.url("sys/events/publish").String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return counts, err
	}
	request.Header = c.header(token)
	request.Header.Set("Content-Type", "application/x-ndjson")
	response, err := c.client.Do(request)
	if err != nil {
		return counts, fmt.Errorf("cannot reach %s: %w", c.address.Host, err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return counts, refusalIn(response)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes))
	if err != nil {
		return counts, err
	}
	var read struct{ Data publishCounts }
	if json.Unmarshal(answer, &read) != nil || read.Data.Accepted == nil || read.Data.Duplicates == nil {
		return counts, fmt.Errorf("%w: %s does not say what it accepted; is it the address of a Carillon server?", ErrProtocol, c.address.Host)
	}
	return read.Data, nil
}
