//go:build go1.25

package carillon

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// scriptedServer is at the other end of connections in memory, so that its time is that of a synctest bubble.
type scriptedServer struct {
	http.Server
	dialled    chan net.Conn
	handshakes chan *handshake
}

// handshake waits for the answer of a step.
type handshake struct {
	request  *http.Request
	response http.ResponseWriter
	answered chan struct{}
	at       time.Time
}

// session is an accepted connection.
type session struct {
	socket   *websocket.Conn
	acts     chan act
	isSilent atomic.Bool
}

// act is what the client did.
type act struct {
	kind string
	data []byte
	code int
}

func newScriptedServer(t *testing.T) *scriptedServer {
	s := &scriptedServer{dialled: make(chan net.Conn), handshakes: make(chan *handshake, 16)}
	s.Handler = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		h := &handshake{request: request, response: response, answered: make(chan struct{}), at: time.Now()}
		s.handshakes <- h
		<-h.answered
	})
	t.Cleanup(func() {
		for len(s.handshakes) > 0 {
			(<-s.handshakes).abort()
		}
		_ = s.Close()
	})
	go func() { _ = s.Serve(s) }()
	return s
}

// client connects to nothing else.
func (s *scriptedServer) client() *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case s.dialled <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	return &http.Client{Transport: transport}
}

// Accept, Close and Addr make it a net.Listener.
func (s *scriptedServer) Accept() (net.Conn, error) {
	conn, ok := <-s.dialled
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (s *scriptedServer) Close() error {
	defer func() { _ = recover() }()
	close(s.dialled)
	return s.Server.Close()
}

func (s *scriptedServer) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (h *handshake) accept() (*session, error) {
	defer close(h.answered)
	s := &session{acts: make(chan act, 64)}
	socket, err := websocket.Accept(h.response, h.request, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol},
		OnPingReceived: func(context.Context, []byte) bool {
			s.acts <- act{kind: "pings"}
			return !s.isSilent.Load()
		},
	})
	if err != nil {
		return nil, err
	}
	s.socket = socket
	go s.listen()
	return s, nil
}

func (h *handshake) refuse(at step) {
	defer close(h.answered)
	for name, value := range at.Headers {
		h.response.Header().Set(name, value)
	}
	h.response.WriteHeader(at.Status)
	_ = json.NewEncoder(h.response).Encode(map[string]any{"errors": at.Errors})
}

// abort ends the connection without an answer.
func (h *handshake) abort() {
	if conn, _, err := http.NewResponseController(h.response).Hijack(); err == nil {
		_ = conn.Close()
	}
	close(h.answered)
}

// asked is what a handshake asks for, wherever the client wrote it.
func (h *handshake) asked() map[string]any {
	query := h.request.URL.Query()
	lease := ""
	for _, offered := range strings.Split(h.request.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if offered = strings.TrimSpace(offered); strings.HasPrefix(offered, "carillon.lease.") {
			lease = offered
		}
	}
	return map[string]any{
		"pattern":    strings.TrimPrefix(h.request.URL.Path, "/v1/sys/events/subscribe/"),
		"namespace":  h.request.Header.Get("X-Vault-Namespace"),
		"filter":     query.Get("filter"),
		"namespaces": strings.Join(query["namespaces"], " "),
		"since":      query.Get("since"),
		"lease":      lease,
		"token":      h.request.Header.Get("X-Vault-Token"),
	}
}

func (s *session) listen() {
	for {
		_, data, err := s.socket.Read(context.Background())
		if err != nil {
			s.acts <- act{kind: "leaves", code: int(websocket.CloseStatus(err))}
			return
		}
		s.acts <- act{kind: "sends", data: data}
	}
}

func (s *session) send(data []byte, isText bool) error {
	kind := websocket.MessageBinary
	if isText {
		kind = websocket.MessageText
	}
	return s.socket.Write(context.Background(), kind, data)
}

// rest returns the messages that no step awaited.
func (s *session) rest() (messages []string) {
	synctest.Wait()
	for s != nil && len(s.acts) > 0 {
		if done := <-s.acts; done.kind == "sends" {
			messages = append(messages, string(done.data))
		}
	}
	return messages
}
