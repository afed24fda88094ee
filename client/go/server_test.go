package carillon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// localServer is `carillon dev` of this repository. It keeps its address and its data while it is killed and started again.
type localServer struct {
	t       testing.TB
	address string
	port    string
	data    string
	process *exec.Cmd
	exited  chan struct{}
}

const rootToken = "root"

// startServer skips the test if the server cannot be started here.
func startServer(t testing.TB) *localServer {
	t.Helper()
	s := &localServer{t: t, port: "0", data: filepath.Join(t.TempDir(), "data")}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *localServer) start() {
	s.t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		s.t.Fatal(err)
	}
	node := filepath.Join(root, "node_modules/.bin/node")
	if _, err := os.Stat(node); err != nil {
		s.t.Skip("skipped: run `npm ci` at the root of the repository to test with its server")
	}
	s.process = exec.Command(node, filepath.Join(root, "bin/carillon.js"), "dev",
		"--port", s.port, "--data", s.data, "--root-token", rootToken)
	s.process.Dir = s.t.TempDir()
	s.process.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(os.TempDir(), "carillon-test-cache"))
	output, writer := io.Pipe()
	s.process.Stdout, s.process.Stderr = writer, writer
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func() {
		_ = s.process.Wait()
		_ = writer.Close()
		close(exited)
	}()
	s.address = bannerAddress(s.t, output)
	parsed, _ := url.Parse(s.address)
	s.port = parsed.Port()
}

// bannerAddress reads the output until it names the address, and goes on reading it.
func bannerAddress(t testing.TB, output io.Reader) string {
	t.Helper()
	found := make(chan string, 1)
	var printed bytes.Buffer
	go func() {
		defer close(found)
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			printed.WriteString(lines.Text() + "\n")
			if match := regexp.MustCompile(`export VAULT_ADDR=(\S+) `).FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case address, ok := <-found:
		if !ok {
			t.Fatalf("the server ended:\n%s", printed.String())
		}
		return address
	case <-time.After(time.Minute):
		t.Fatal("the server did not print its banner within a minute")
	}
	return ""
}

// kill ends the server with SIGKILL, and waits until nothing answers at its address.
func (s *localServer) kill() {
	_ = s.process.Process.Kill()
	<-s.exited
	for {
		response, err := http.Get(s.address)
		if err != nil {
			return
		}
		_ = response.Body.Close()
	}
}

func (s *localServer) stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		_ = s.process.Process.Kill()
		<-s.exited
	}
}

// loseData: from the next start on the server has none.
func (s *localServer) loseData() { s.data += "-2" }

func (s *localServer) options(pattern string) Options {
	return Options{Address: s.address, Token: rootToken, Pattern: pattern}
}

// post calls the API with the root token.
func (s *localServer) post(path string, body any) map[string]any {
	s.t.Helper()
	data, _ := json.Marshal(body)
	request, _ := http.NewRequest(http.MethodPost, s.address+"/v1/"+path, bytes.NewReader(data))
	request.Header.Set("X-Vault-Token", rootToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode > 299 {
		s.t.Fatalf("%s: %d %s", path, response.StatusCode, text)
	}
	answer := map[string]any{}
	_ = json.Unmarshal(text, &answer)
	return answer
}

func (s *localServer) tokenWith(policies ...string) string {
	auth := s.post("auth/token/create", map[string]any{"policies": policies})["auth"].(map[string]any)
	return auth["client_token"].(string)
}

// sharedServer serves the tests that do not kill it.
var sharedServer = struct {
	sync.Once
	*localServer
}{}

func serverOf(t *testing.T) *localServer {
	t.Helper()
	sharedServer.Do(func() {
		s := &localServer{t: t, port: "0"}
		s.data, _ = os.MkdirTemp("", "carillon-go-")
		s.start()
		sharedServer.localServer = s
	})
	if sharedServer.localServer == nil {
		t.Skip("skipped: the server of this repository is not here")
	}
	return sharedServer.localServer
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s := sharedServer.localServer; s != nil {
		s.stop()
		_ = os.RemoveAll(s.data)
	}
	os.Exit(code)
}

func newEvents(kind string, from, to int) (events []NewEvent) {
	for number := from; number <= to; number++ {
		events = append(events, NewEvent{Type: kind, ID: fmt.Sprintf("%s-%d", kind, number)})
	}
	return events
}

func ids(kind string, from, to int) (ids []string) {
	for _, event := range newEvents(kind, from, to) {
		ids = append(ids, event.ID)
	}
	return ids
}

func mustPublish(t testing.TB, options Options, events ...NewEvent) {
	t.Helper()
	if _, err := Publish(context.Background(), options, events...); err != nil {
		t.Fatal(err)
	}
}

func mustSubscribe(t testing.TB, options Options) *Subscription {
	t.Helper()
	subscription, err := Subscribe(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscription.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := subscription.Opened(ctx); err != nil {
		t.Fatal(err)
	}
	return subscription
}

// take returns the names of the next items.
func take(t testing.TB, subscription *Subscription, count int) (names []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for len(names) < count {
		item, err := subscription.Next(ctx)
		if err != nil {
			t.Fatalf("after %v: %v", names, err)
		}
		names = append(names, nameOf(item))
	}
	return names
}

func nameOf(item Item) string {
	if item.Gap != nil {
		return "gap: " + item.Gap.Reason
	}
	return item.Event.ID
}
