package carillon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// publishing is a server that answers publish requests one after another, and records them.
func publishing(t *testing.T, answers ...func(http.ResponseWriter)) (options Options, bodies *[]string) {
	bodies = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		*bodies = append(*bodies, string(body))
		if len(answers) >= len(*bodies) {
			answers[len(*bodies)-1](response)
			return
		}
		fmt.Fprintf(response, `{"data":{"accepted":%d,"duplicates":0}}`, strings.Count(string(body), "\n"))
	}))
	t.Cleanup(server.Close)
	return Options{Address: server.URL, Token: "token"}, bodies
}

func status(code int) func(http.ResponseWriter) {
	return func(response http.ResponseWriter) {
		response.WriteHeader(code)
		_, _ = response.Write([]byte(`{"errors":["because"]}`))
	}
}

func TestRequestThatFailedForNowIsSentAgainAsItWas(t *testing.T) {
	lost := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	options, bodies := publishing(t, status(503), lost)
	published, err := Publish(context.Background(), options, NewEvent{Type: "deploy/finished"})
	if err != nil || len(published.IDs) != 1 || published.Accepted != 1 {
		t.Fatalf("%+v, %v", published, err)
	}
	// net/http itself may repeat a request on a connection that was closed.
	for _, body := range *bodies {
		if body != (*bodies)[0] || !strings.Contains(body, published.IDs[0]) {
			t.Fatalf("%q", *bodies)
		}
	}
	if len(*bodies) < 3 {
		t.Fatalf("%q", *bodies)
	}
}

func TestRequestThatIsRefusedIsAnError(t *testing.T) {
	for code, kind := range map[int]error{400: ErrInvalid, 403: ErrForbidden, 404: ErrNotFound, 413: ErrInvalid, 307: ErrProtocol} {
		options, bodies := publishing(t, status(code))
		_, err := Publish(context.Background(), options, NewEvent{Type: "a"})
		if !errors.Is(err, kind) || len(*bodies) != 1 {
			t.Errorf("%d: %v", code, err)
		}
	}
	options, _ := publishing(t, func(response http.ResponseWriter) { _, _ = response.Write([]byte("<html>")) })
	if _, err := Publish(context.Background(), options, NewEvent{Type: "a"}); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
	if _, err := Publish(context.Background(), options, NewEvent{}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestEventsBecomeRequestsThatKeepTheLimits(t *testing.T) {
	options, bodies := publishing(t)
	published, err := Publish(context.Background(), options, newEvents("many", 1, 2500)...)
	if err != nil || published.Accepted != 2500 || !reflect.DeepEqual(published.IDs, ids("many", 1, 2500)) || len(*bodies) != 3 {
		t.Fatalf("%d in %d requests, %v", published.Accepted, len(*bodies), err)
	}
	options, bodies = publishing(t)
	large := NewEvent{Type: "large", Note: strings.Repeat("x", 400_000)}
	if _, err := Publish(context.Background(), options, large, large, large); err != nil || len(*bodies) != 2 {
		t.Fatalf("%d requests, %v", len(*bodies), err)
	}
	options, bodies = publishing(t)
	wide := []NewEvent{}
	for number := range 101 {
		wide = append(wide, NewEvent{Type: fmt.Sprintf("wide-%d/x", number)})
	}
	if _, err := Publish(context.Background(), options, wide...); err != nil || len(*bodies) != 2 {
		t.Fatalf("%d requests, %v", len(*bodies), err)
	}
}

// The request fails in part where publishing stops: what was published before is known.
func TestIDsOfWhatWasPublishedBeforeAnError(t *testing.T) {
	accepted := func(response http.ResponseWriter) {
		_, _ = response.Write([]byte(`{"data":{"accepted":1000,"duplicates":0}}`))
	}
	options, _ := publishing(t, accepted, status(403))
	published, err := Publish(context.Background(), options, newEvents("part", 1, 1500)...)
	if !errors.Is(err, ErrForbidden) || !reflect.DeepEqual(published.IDs, ids("part", 1, 1000)) {
		t.Fatalf("%d, %v", len(published.IDs), err)
	}
}
