package carillon

import (
	"encoding/json"
	"time"
)

// The messages of carillon.v1.json: docs/protocol.md, section 4.

const (
	subprotocol = "carillon.v1.json"
	// heartbeat may come back from a server although this client pings instead.
	heartbeat = `{"type":"heartbeat"}`
)

// Close codes of section 7.1.
const (
	closedNormally     = 1000
	closedAbnormally   = 1006
	closedBadMessage   = 4400
	closedTooLarge     = 4401
	closedBadCursor    = 4402
	closedFutureCursor = 4403
)

type hello struct {
	Cursor     string  `json:"cursor"`
	Resumed    *bool   `json:"resumed"`
	Gap        *Gap    `json:"gap"`
	Credit     *uint64 `json:"credit"`
	AckTimeout *uint64 `json:"ack_timeout_ms"`
	SpreadMS   uint64  `json:"spread_ms"`
	Lease      string  `json:"lease"`
}

type events struct {
	Events []struct {
		Cursor string          `json:"cursor"`
		Event  json.RawMessage `json:"event"`
	} `json:"events"`
	Acknowledge bool `json:"acknowledge"`
}

type gap struct {
	Gap
	Cursor string `json:"cursor"`
}

type goodbye struct {
	Reason    string  `json:"reason"`
	Reconnect *bool   `json:"reconnect"`
	AfterMS   *uint64 `json:"after_ms"`
}

// decodeMessage returns a *hello, *events, *gap or *goodbye. It ignores members that it does not know.
func decodeMessage(data []byte) (any, error) {
	var typed struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &typed); err != nil {
		return nil, malformed("the message is no JSON object with a type")
	}
	var message interface{ isComplete() bool }
	switch typed.Type {
	case "hello":
		message = &hello{}
	case "events":
		message = &events{}
	case "gap":
		message = &gap{}
	case "goodbye":
		message = &goodbye{}
	default:
		return nil, malformed("the type of the message is none of carillon.v1")
	}
	if err := json.Unmarshal(data, message); err != nil || !message.isComplete() {
		return nil, malformed("the %s lacks a member, or has one of another kind", typed.Type)
	}
	return message, nil
}

func (h *hello) isComplete() bool {
	return h.Cursor != "" && h.Resumed != nil && h.Credit != nil && h.AckTimeout != nil && (h.Gap == nil || h.Gap.Reason != "")
}

func (e *events) isComplete() bool {
	for _, sent := range e.Events {
		if sent.Cursor == "" || len(sent.Event) == 0 {
			return false
		}
	}
	return e.Events != nil
}

func (g *gap) isComplete() bool { return g.Reason != "" && g.Cursor != "" }

func (g *goodbye) isComplete() bool { return g.Reason != "" && g.Reconnect != nil && g.AfterMS != nil }

// milliseconds reads a time that the server chose, and no longer one than the client ever waits.
func milliseconds(count uint64) time.Duration {
	return time.Duration(min(count, uint64(maxServerWait/time.Millisecond))) * time.Millisecond
}

func ackMessage(cursor string) []byte {
	return encode(map[string]any{"type": "ack", "cursor": cursor})
}

func creditMessage(events int) []byte {
	return encode(map[string]any{"type": "credit", "events": events})
}

func encode(message map[string]any) []byte {
	data, _ := json.Marshal(message)
	return data
}
