package carillon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// dial opens the WebSocket of a subscription, with the lease if there is one, else with the token.
func (c *caller) dial(ctx context.Context, since, token, lease string) (*websocket.Conn, error) {
	options := c.options
	address := c.url("sys/events/subscribe/" + strings.TrimSpace(options.Pattern))
	query := address.Query()
	if options.Filter != "" {
		query.Set("filter", options.Filter)
	}
	for _, namespace := range options.Namespaces {
		query.Add("namespaces", namespace)
	}
	if since != "" {
		query.Set("since", since)
	}
	address.RawQuery = query.Encode()

	offered := []string{subprotocol}
	if lease != "" {
		offered = append(offered, lease)
		token = ""
	}
	socket, response, err := websocket.Dial(ctx, address.String(), &websocket.DialOptions{
		HTTPClient:   c.client,
		HTTPHeader:   c.header(token),
		Subprotocols: offered,
	})
	switch {
	case err != nil && response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		return nil, refusalIn(response)
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("no answer of %s within %v", c.address.Host, options.Timeout)
	case err != nil:
		return nil, fmt.Errorf("cannot reach %s: %w", c.address.Host, err)
	case socket.Subprotocol() != subprotocol:
		_ = socket.CloseNow()
		return nil, fmt.Errorf("%w: %s does not speak carillon.v1; is it the address of a Carillon server?", ErrProtocol, c.address.Host)
	}
	socket.SetReadLimit(maxMessageBytes)
	return socket, nil
}

// refusalIn reads why a handshake or a request was refused.
func refusalIn(response *http.Response) *RefusedError {
	refused := &RefusedError{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"))}
	if response.StatusCode < http.StatusBadRequest {
		refused.Reason = "it redirects; give the address that it redirects to"
		return refused
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes))
	refused.Reason = quoted(reasonIn(body))
	if warning := response.Header.Get("Carillon-Warning"); warning != "" {
		// A header says what is wrong with a filter: the body has Vault's message.
		refused.Reason += ": " + quoted(warning)
	}
	return refused
}

func reasonIn(body []byte) string {
	var answer struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(body, &answer) == nil && len(answer.Errors) > 0 {
		return strings.Join(answer.Errors, "; ")
	}
	return string(body)
}

// quoted puts what others wrote on one line.
func quoted(text string) string {
	line := strings.Join(strings.Fields(text), " ")
	if len(line) > maxReasonBytes {
		line = strings.ToValidUTF8(line[:maxReasonBytes], "")
	}
	if line == "" {
		return "no reason given"
	}
	return line
}
