package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// leastMetricsToken keeps a token from being guessed; bytes.
const leastMetricsToken = 16

// metricsHandler answers GET /metrics. The figures are about every tenant, so
// no role of any tenant may see them: who runs the server may. Where a token
// is set, its bearer; where none is, a program on this machine that asks this
// machine's address and not for somebody else.
func (srv *server) metricsHandler() (http.Handler, error) {
	may := fromThisMachine
	if file := srv.settings["metrics_token_file"].text; file != "" {
		token, err := readMetricsToken(file)
		if err != nil {
			return nil, err
		}
		may = func(r *http.Request) bool { return bears(r, token) }
	} else if srv.settings["public_url"].text != "" {
		may = func(*http.Request) bool { return false } // a proxy stands on this machine, perhaps without saying so
	}
	figures := promhttp.HandlerFor(srv.metrics, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !may(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "The figures are for who runs this server.", nil).
				WithHint("Set metrics_token_file and send its content as a bearer token."))
			return
		}
		figures.ServeHTTP(w, r)
	}), nil
}

// readMetricsToken returns the file's content without what an editor adds.
func readMetricsToken(file string) ([sha256.Size]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("read the token for /metrics: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < leastMetricsToken {
		return [sha256.Size]byte{}, errors.New(file + ": a token for /metrics has at least 16 characters")
	}
	return sha256.Sum256([]byte(token)), nil
}

// bears compares hashes: they have one length, and comparing takes one time.
func bears(r *http.Request, token [sha256.Size]byte) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(given)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], token[:]) == 1
}

// forwarded are the headers by which proxies say that they ask for another.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// fromThisMachine also looks at the name that was asked for: a page whose name
// was bound to this machine's address is somebody else.
func fromThisMachine(r *http.Request) bool {
	for _, header := range forwarded {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && (name == "localhost" || isLoopback(strings.Trim(name, "[]")))
}

func isLoopback(name string) bool {
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}
