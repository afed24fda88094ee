package carillon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestOptionsThatAreWrongAreRefused(t *testing.T) {
	source := func(context.Context) (string, error) { return "", nil }
	for name, change := range map[string]func(*Options){
		"no address":                 func(o *Options) { o.Address = "" },
		"an address without scheme":  func(o *Options) { o.Address = "carillon.example.com" },
		"the address of a WebSocket": func(o *Options) { o.Address = "wss://carillon.example.com" },
		"a password in the address":  func(o *Options) { o.Address = "https://me:secret@carillon.example.com" },
		"no token":                   func(o *Options) { o.Token = "" },
		"a token and a source":       func(o *Options) { o.TokenSource = source },
		"a token with a line break":  func(o *Options) { o.Token = "secret\n" },
		"no pattern":                 func(o *Options) { o.Pattern = " " },
		"a pattern that leads away":  func(o *Options) { o.Pattern = "kv/../sys" },
		"a namespace that does":      func(o *Options) { o.Namespace = "../prod" },
		"a credit below 1":           func(o *Options) { o.Credit = -1 },
		"a credit above 10,000":      func(o *Options) { o.Credit = 10_001 },
		"a negative timeout":         func(o *Options) { o.Timeout = -time.Second },
		"a client and TLS":           func(o *Options) { o.HTTPClient, o.TLS = http.DefaultClient, &tls.Config{} },
	} {
		options := Options{Address: "https://carillon.example.com", Token: "token", Pattern: "*"}
		change(&options)
		_, err := Subscribe(context.Background(), options)
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPathOfTheAddressIsPutBeforeTheAPI(t *testing.T) {
	caller, err := newCaller(Options{Address: "https://carillon.example.com/events/?a=b", Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	address := caller.url("sys/events/subscribe/kv/a b?*").String()
	if address != "https://carillon.example.com/events/v1/sys/events/subscribe/kv/a%20b%3F%2A" {
		t.Fatal(address)
	}
}

func TestServerOfAPrivateAuthority(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		_, _ = response.Write([]byte(`{"data":{"accepted":1,"duplicates":0}}`))
	}))
	defer server.Close()
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	options := Options{Address: server.URL, Token: "token", TLS: &tls.Config{RootCAs: authorities}}
	if _, err := Publish(context.Background(), options, NewEvent{Type: "a"}); err != nil {
		t.Fatal(err)
	}
}

func TestFileHasTheLastCursor(t *testing.T) {
	folder := t.TempDir()
	file := FileCursor(filepath.Join(folder, "cursor"))
	for _, cursor := range []string{"", "c1", "c2"} {
		if cursor != "" {
			if err := file.Save(context.Background(), cursor); err != nil {
				t.Fatal(err)
			}
		}
		if loaded, err := file.Load(context.Background()); loaded != cursor || err != nil {
			t.Fatalf("%q, %v", loaded, err)
		}
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Fatalf("%v", entries)
	}
	if err := FileCursor(filepath.Join(folder, "missing", "cursor")).Save(context.Background(), "c"); err == nil {
		t.Fatal("it saved in a folder that does not exist")
	}
}

// What the README shows is compiled, and its first block runs.
func TestReadmeShowsTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, _ := os.ReadFile("example_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	for _, block := range blocks {
		if !strings.Contains(withoutIndent(string(examples)), withoutIndent(string(block[1]))) {
			t.Errorf("example_test.go does not have\n%s", block[1])
		}
	}
	if len(blocks) == 0 {
		t.Fatal("the README has no block of Go")
	}
}

func withoutIndent(code string) string {
	return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(code, "")
}
