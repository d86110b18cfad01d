package wiring

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qiniu/go-sdk/v7/auth"
	"github.com/qiniu/go-sdk/v7/client"
	"github.com/qiniu/go-sdk/v7/storage"
)

// A gateway that runs, from the environment that pytest sets.
var (
	origin  = os.Getenv("UPGATE_URL")
	bucket  = os.Getenv("UPGATE_BUCKET")
	mac     = auth.New(os.Getenv("UPGATE_ACCESS_KEY"), os.Getenv("UPGATE_SECRET_KEY"))
	gateway = Gateway{Host: strings.TrimPrefix(origin, "http://")}
)

func TestMain(m *testing.M) {
	gateway.Use()
	os.Exit(m.Run())
}

func config() *storage.Config { return gateway.Config() }

// A token that the SDK's own PutPolicy signs.
func token(policy storage.PutPolicy) string {
	if policy.Scope == "" {
		policy.Scope = bucket
	}
	return policy.UploadToken(mac)
}

func newKey(t *testing.T) string {
	t.Helper()
	random := make([]byte, 6)
	must(t, second(rand.Read(random)))
	return "go/" + t.Name() + "/" + storage.EncodedEntry("k", string(random))
}

func content(t *testing.T, size int) []byte {
	t.Helper()
	made := make([]byte, size)
	must(t, second(rand.Read(made)))
	return made
}

func file(t *testing.T, made []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "照片 1.bin")
	must(t, os.WriteFile(path, made, 0o600))
	return path
}

// The object as a private URL of the SDK gives it.
func download(t *testing.T, key string) (*http.Response, []byte) {
	t.Helper()
	signed := storage.MakePrivateURLv2(mac, origin, key, time.Now().Add(time.Hour).Unix())
	answer, err := http.Get(signed)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", signed, answer.StatusCode, body)
	}
	return answer, body
}

func isStored(t *testing.T, key string, made []byte) {
	t.Helper()
	if _, body := download(t, key); !bytes.Equal(body, made) {
		t.Fatalf("%q holds %d other bytes, not the %d that were sent", key, len(body), len(made))
	}
}

func refused(t *testing.T, err error, status int, said string) {
	t.Helper()
	var info *client.ErrorInfo
	if !errors.As(err, &info) || info.Code != status || !strings.Contains(info.Err, said) {
		t.Fatalf("wanted %d %q, got %#v", status, said, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%#v: %v", err, err)
	}
}

func second[T any](_ T, err error) error { return err }

func equal[T comparable](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Fatalf("%s: got %v, wanted %v", what, got, wanted)
	}
}

// businessServer counts callbacks that the SDK's own verifier accepts, and answers them all alike.
type businessServer struct {
	*httptest.Server
	lock  sync.Mutex
	calls []url.Values
}

func newBusinessServer(t *testing.T, status int, answer any) *businessServer {
	server := &businessServer{}
	server.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isSigned, err := mac.VerifyCallback(r); err != nil || !isSigned {
			t.Errorf("a callback that the SDK does not verify: %v", err)
		}
		body, _ := io.ReadAll(r.Body)
		call, _ := url.ParseQuery(string(body))
		server.lock.Lock()
		server.calls = append(server.calls, call)
		server.lock.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

func (s *businessServer) seen() []url.Values {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]url.Values(nil), s.calls...)
}

// line is a network in front of the gateway: it counts requests, and loses the answers it is told to.
type line struct {
	*httptest.Server
	lock     sync.Mutex
	requests []string
}

func newLine(t *testing.T, loses func(method, path string, nth int) bool) *line {
	target, err := url.Parse(origin)
	must(t, err)
	wire := &line{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	wire.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wire.lock.Lock()
		nth := len(wire.requests)
		wire.requests = append(wire.requests, r.Method+" "+r.URL.Path)
		wire.lock.Unlock()
		if loses(r.Method, r.URL.Path, nth) {
			proxy.ServeHTTP(httptest.NewRecorder(), r) // it arrives, and its answer does not
			w.WriteHeader(http.StatusGatewayTimeout)   // as AWS's gateway has it: the SDK gives up on an EOF
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(wire.Close)
	return wire
}

func (l *line) seen() []string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return append([]string(nil), l.requests...)
}

func (l *line) config() *storage.Config {
	at := Gateway{Host: strings.TrimPrefix(l.URL, "http://")}
	return at.Config()
}

func losesNothing(string, string, int) bool { return false }
