//go:build go1.25

package carillon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// vector is a scenario of test/protocol-vectors, whose README defines the format.
type vector struct {
	Version      int
	Title        string
	Needs        []string
	Subscription struct {
		Pattern, Namespace, Filter, Since string
		Namespaces                        []string
		Credit                            int
	}
	Steps []step
}

type step struct {
	Client, Server, Program, Time string

	// Of the client.
	Since, Lease string
	WaitsMS      *window `json:"waits_ms"`
	AfterMS      *window `json:"after_ms"`

	// Of the server.
	Hello        map[string]any
	Status       int
	Headers      map[string]string
	Errors       []string
	Events       []json.RawMessage
	Acknowledge  bool
	PaddingBytes int `json:"padding_bytes"`
	Message      any
	Text         *string
	Base64       []byte
	Code         json.RawMessage
	Reason       string

	// Of the program.
	Items []string

	MS int
}

// window is a range of milliseconds: at least the first number, and less than the second.
type window [2]float64

func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	files, err := filepath.Glob("../../test/protocol-vectors/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("the vectors of the repository are not here")
	}
	vectors := map[string]vector{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var read vector
		if err := json.Unmarshal(data, &read); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		vectors[strings.TrimSuffix(filepath.Base(file), ".json")] = read
	}
	return vectors
}

func (s step) String() string {
	text, _ := json.Marshal(map[string]any{
		"client": s.Client, "server": s.Server, "program": s.Program, "items": s.Items, "since": s.Since, "message": s.Message,
	})
	return string(text)
}

// data is what the server sends, and whether it is text.
func (s step) data() ([]byte, bool) {
	switch {
	case s.Text != nil:
		return []byte(*s.Text), true
	case s.Base64 != nil:
		return s.Base64, false
	case s.Message != nil:
		return mustEncode(s.Message), true
	}
	sent := []any{}
	for _, number := range s.Events {
		sent = append(sent, map[string]any{"cursor": "c" + string(number), "event": eventNumber(string(number))})
	}
	message := map[string]any{"type": "events", "events": sent}
	if s.Acknowledge {
		message["acknowledge"] = true
	}
	if s.PaddingBytes > 0 {
		message["padding"] = strings.Repeat("x", s.PaddingBytes)
	}
	return mustEncode(message), true
}

func (s step) hello() []byte {
	message := map[string]any{"type": "hello", "resumed": true, "credit": 256, "ack_timeout_ms": 60000}
	for name, value := range s.Hello {
		message[name] = value
	}
	return mustEncode(message)
}

func eventNumber(number string) map[string]any {
	return map[string]any{
		"id": "e-" + number, "source": "vault://test", "specversion": "1.0", "type": "*",
		"data": map[string]any{
			"event":      map[string]any{"id": "e-" + number, "metadata": map[string]any{"path": "secret/data/" + number}},
			"event_type": "kv-v2/data-write",
		},
		"datacontenttype": "application/json", "datacontentype": "application/cloudevents", "time": "2026-11-22T12:00:00Z",
	}
}

// matches compares what the client sent with a message of a step.
func matches(data []byte, message any) bool {
	var sent any
	return json.Unmarshal(data, &sent) == nil && reflect.DeepEqual(sent, message)
}

// membersOf an event, in the words of the vectors.
func membersOf(item Item) map[string]any {
	event := item.Event
	members := map[string]any{
		"cursor": item.Cursor, "id": event.ID, "source": event.Source, "time": event.Time, "event_type": event.Type,
		"namespace": event.Namespace, "metadata": event.Metadata, "note": event.Note,
		"entity_ids": append([]string{}, event.EntityIDs...),
	}
	if event.PluginInfo != nil {
		members["plugin_info"] = event.PluginInfo
	}
	return members
}

func mustEncode(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("%v: %v", value, err))
	}
	return data
}
