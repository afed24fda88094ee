package carillon

import (
	"encoding/json"
)

// Item is an event, or a gap between events: one of the two is set.
type Item struct {
	Event *Event
	Gap   *Gap
	// Cursor is the position after this item. Options.Since resumes there, also in another process.
	Cursor string

	arrival arrival
}

// Event is an event as its publisher wrote it.
type Event struct {
	// ID is unique together with the source. The publisher chooses both.
	ID string
	// Source is a URI reference.
	Source string
	// Type is, for example, kv-v2/data-write.
	Type string
	// Time is the RFC 3339 time that the publisher gave.
	Time string
	// Namespace is the Vault namespace with its trailing slash; empty for the root namespace.
	Namespace string
	// Metadata is what the publisher says about the event. All values of Vault's own events are strings.
	Metadata map[string]any
	// EntityIDs are the ids of the identities that the event concerns.
	EntityIDs []string
	// Note is a text for people; often empty.
	Note string
	// PluginInfo has the mount and the plugin that the event comes from; nil if nobody says so.
	PluginInfo map[string]string
	// CloudEvent is the whole event in JSON, as a stock subscription has it.
	CloudEvent json.RawMessage
}

// Path is what the event is about: the text in the metadata by which policies decide who receives the event.
func (e *Event) Path() string {
	path, _ := e.Metadata["path"].(string)
	return path
}

// Gap says that events may be missing before the next item. A program that mirrors a state reads it again.
type Gap struct {
	// Reason is one of section 4.5 of the protocol: unknown_event, forgotten, storage_lost, unsigned_cursor, feed_lost,
	// unreadable, or that of a later server.
	Reason string `json:"reason"`
}

type cloudEvent struct {
	ID     *string `json:"id"`
	Source *string `json:"source"`
	Time   *string `json:"time"`
	Data   struct {
		EventType  *string        `json:"event_type"`
		Namespace  string         `json:"namespace"`
		PluginInfo map[string]any `json:"plugin_info"`
		Event      *struct {
			Metadata  map[string]any `json:"metadata"`
			EntityIDs []string       `json:"entity_ids"`
			Note      string         `json:"note"`
		} `json:"event"`
	} `json:"data"`
}

func decodeEvent(raw json.RawMessage) (*Event, error) {
	var read cloudEvent
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, malformed("an event with a member of another kind")
	}
	data := read.Data
	if read.ID == nil || read.Source == nil || read.Time == nil || data.EventType == nil || data.Event == nil {
		return nil, malformed("an event without its members")
	}
	event := &Event{
		ID: *read.ID, Source: *read.Source, Time: *read.Time, Type: *data.EventType,
		Namespace: data.Namespace, Metadata: data.Event.Metadata,
		EntityIDs: data.Event.EntityIDs, Note: data.Event.Note, CloudEvent: raw,
	}
	if event.Metadata == nil {
		event.Metadata = map[string]any{}
	}
	for name, value := range data.PluginInfo {
		// A later server may send other members.
		if text, ok := value.(string); ok {
			if event.PluginInfo == nil {
				event.PluginInfo = map[string]string{}
			}
			event.PluginInfo[name] = text
		}
	}
	return event, nil
}
