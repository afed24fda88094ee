package carillon

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say where the server is, who the program is, and what to subscribe to. Address, a token and, to subscribe,
// Pattern are required.
type Options struct {
	// Address of the server: https://carillon.example.com. A path in it is put before /v1/.
	Address string
	// Token identifies the program.
	Token string
	// TokenSource is used instead of Token. The client calls it for each connection, so it can log in again. If it fails,
	// the client tries again after a wait, unless the error wraps one of this package, such as [ErrForbidden].
	TokenSource func(ctx context.Context) (string, error)
	// Namespace is the Vault namespace: team-a/prod. Empty is the root namespace.
	Namespace string

	// Pattern of event types, in which * matches any text: kv-v2/*.
	Pattern string
	// Filter is an expression in the language of Vault's filters.
	Filter string
	// Namespaces below, or globs of them, whose events the subscription also gets.
	Namespaces []string
	// Since is where to begin: earliest, an RFC 3339 time, a time ago (-15m), the id of an event, or the cursor of an item.
	// If it is empty, the subscription gets only new events.
	Since string
	// Cursors keeps the position for the next process. A position that it has goes before Since.
	Cursors CursorStore
	// Credit is how many events the server may send before the program has processed them, 1 to 10,000. 0 is the server's
	// default, 256.
	Credit int
	// ManualAck: an item counts as processed when the program calls [Subscription.Ack], and not when it asks for the next
	// one. For programs that process several items at once.
	ManualAck bool

	// HTTPClient opens the connections; [http.DefaultClient] if nil. Its Timeout and CheckRedirect are not used.
	HTTPClient *http.Client
	// TLS is for servers of a private authority, or that want a certificate. Excluded by HTTPClient.
	TLS *tls.Config
	// Timeout of an attempt to connect, or of a request; 30 seconds if 0.
	Timeout time.Duration
	// OnState is called for each connection, and for each wait before the next one. It must not block.
	OnState func(State)
}

// State is what Options.OnState is told.
type State struct {
	// Connected tells whether events arrive.
	Connected bool
	// Err is why not.
	Err error
	// RetryIn is how long the client waits before it connects again.
	RetryIn time.Duration
}

// caller is who sends requests, and where to.
type caller struct {
	address *url.URL
	options Options
	client  *http.Client
}

func newCaller(options Options) (*caller, error) {
	address, err := url.Parse(strings.TrimSpace(options.Address))
	switch {
	case err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https"):
		return nil, invalid("Address is %q; give one such as https://carillon.example.com", options.Address)
	case address.User != nil:
		return nil, invalid("Address has a user name or a password; the token is what identifies you")
	case options.Token == "" && options.TokenSource == nil:
		return nil, invalid("neither Token nor TokenSource is given; give one of them")
	case options.Token != "" && options.TokenSource != nil:
		return nil, invalid("both Token and TokenSource are given; give one of them")
	case hasDotSegment(options.Namespace):
		return nil, invalid("Namespace %q has a \".\" or \"..\" segment", options.Namespace)
	case options.HTTPClient != nil && options.TLS != nil:
		return nil, invalid("both HTTPClient and TLS are given; set TLSClientConfig in the transport of HTTPClient")
	case options.Timeout < 0:
		return nil, invalid("Timeout is %v; give a positive time", options.Timeout)
	}
	if options.TokenSource == nil {
		if err := checkToken(options.Token); err != nil {
			return nil, err
		}
	}
	if options.Timeout == 0 {
		options.Timeout = connectTimeout
	}
	return &caller{address: address, options: options, client: httpClient(options)}, nil
}

// httpClient follows no redirect, which would send the token to another server.
func httpClient(options Options) *http.Client {
	client := http.Client{}
	if options.HTTPClient != nil {
		client = *options.HTTPClient
	}
	if options.TLS != nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = options.TLS
		client.Transport = transport
	}
	client.Timeout = 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// close closes what is the client's own.
func (c *caller) close() {
	if c.options.TLS != nil {
		c.client.CloseIdleConnections()
	}
}

func checkSubscription(options Options) error {
	switch {
	case strings.TrimSpace(options.Pattern) == "":
		return invalid("Pattern is empty; \"*\" stands for every event type")
	case hasDotSegment(options.Pattern):
		return invalid("Pattern %q has a \".\" or \"..\" segment", options.Pattern)
	case options.Credit < 0 || options.Credit > maxCredit:
		return invalid("Credit is %d; give a number from 1 to %d, or 0 for the server's default", options.Credit, maxCredit)
	}
	return nil
}

// hasDotSegment tells whether a URL would resolve a part of the path, and name another one.
func hasDotSegment(path string) bool {
	for _, segment := range strings.Split(path, "/") {
		if segment = strings.TrimSpace(segment); segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// token returns the token to use now. It is checked, because a header cannot carry every text.
func (c *caller) token(ctx context.Context) (string, error) {
	if c.options.TokenSource == nil {
		return c.options.Token, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	token, err := c.options.TokenSource(ctx)
	if err == nil {
		err = checkToken(token)
	}
	return token, err
}

func checkToken(token string) error {
	for _, character := range []byte(token) {
		if character <= ' ' || character > '~' {
			return invalid("the token has a character that no header can carry")
		}
	}
	if token == "" {
		return invalid("the token is empty")
	}
	return nil
}

// url of an API path.
func (c *caller) url(path string) *url.URL {
	segments := strings.Split("v1/"+path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	api := *c.address
	api.RawQuery, api.Fragment = "", ""
	return api.JoinPath(strings.Join(segments, "/"))
}

func (c *caller) header(token string) http.Header {
	header := http.Header{}
	if token != "" {
		header.Set("X-Vault-Token", token)
	}
	if namespace := strings.Trim(c.options.Namespace, "/ "); namespace != "" && namespace != "root" {
		header.Set("X-Vault-Namespace", namespace)
	}
	return header
}
