// Package egress decides which addresses this process may dial on behalf of
// somebody else's input.
package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"nexusai/backend/fault"
)

// Refused is the code of an address that may not be dialled.
const Refused fault.Code = "egress.refused"

const (
	safeRefused = "This address may not be reached from here."
	hintRefused = "Private and local addresses must be listed by the operator in NEXUS_ALLOW_NET."
)

const (
	// maxRedirects is how often one request may be sent elsewhere.
	maxRedirects = 5
	// idlePerHost is how many connections to one host wait for the next request;
	// with fewer than there are requests at a time, each rush would dial anew.
	idlePerHost = 256
)

// Config of a Policy.
type Config struct {
	// Allow lists exceptions: a CIDR, an address, or address:port
	// ("10.1.0.0/16", "::1", "127.0.0.1:8081", "[fd00::1]:80"). Names are not
	// accepted: whoever controls a name's records would control the exception.
	Allow []string
	// Connect bounds one dial. Default 5 s.
	Connect time.Duration
	// Resolver finds addresses. Default net.DefaultResolver.
	Resolver *net.Resolver
}

// Policy is a set of rules about addresses, with clients that obey it. It
// judges the address that is dialled, after the name was resolved, so a name
// that changes its mind and a redirect are judged too. Safe for concurrent use.
type Policy struct {
	allow     []exception
	dialer    net.Dialer
	transport *http.Transport
}

// SplitAllow splits the value of NEXUS_ALLOW_NET at its commas.
func SplitAllow(list string) []string {
	var out []string
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			out = append(out, entry)
		}
	}
	return out
}

// New parses the exceptions; its error names the entry that cannot be read.
func New(cfg Config) (*Policy, error) {
	p := &Policy{}
	for _, entry := range cfg.Allow {
		e, err := parseException(entry)
		if err != nil {
			return nil, fmt.Errorf("allowed address %q: %w", entry, err)
		}
		p.allow = append(p.allow, e)
	}
	if cfg.Connect <= 0 {
		cfg.Connect = 5 * time.Second
	}
	p.dialer = net.Dialer{Timeout: cfg.Connect, KeepAlive: 30 * time.Second, Resolver: cfg.Resolver, Control: p.control}
	p.transport = p.newTransport()
	return p, nil
}

// newTransport has no proxy: behind one, the address that we dial would be the
// proxy's and nobody would judge the target's.
func (p *Policy) newTransport() *http.Transport {
	return &http.Transport{
		DialContext: p.dialer.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConns: 4 * idlePerHost, MaxIdleConnsPerHost: idlePerHost, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: p.dialer.Timeout, ExpectContinueTimeout: time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// Client returns a client over the policy's connection pool. timeout bounds a
// whole exchange, body included; 0 leaves that to the caller's context.
func (p *Policy) Client(timeout time.Duration) *http.Client {
	return &http.Client{Transport: p.transport, Timeout: timeout, CheckRedirect: p.redirect}
}

// DialContext connects to address if the policy allows what it resolves to.
func (p *Policy) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return p.dialer.DialContext(ctx, network, address)
}

// CloseIdle closes pooled connections that nobody uses.
func (p *Policy) CloseIdle() { p.transport.CloseIdleConnections() }

// control sees each address as it is about to be dialled.
func (p *Policy) control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") && !strings.HasPrefix(network, "udp") {
		return refuse(fmt.Errorf("network %s", network))
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return refuse(fmt.Errorf("dialled address %q: %w", address, err))
	}
	return p.check(at.Addr(), at.Port())
}

func (p *Policy) check(addr netip.Addr, port uint16) error {
	why := Why(addr)
	if why == "" {
		return nil
	}
	for _, e := range p.allow {
		if e.covers(addr, port) {
			return nil
		}
	}
	return refuse(fmt.Errorf("%s is %s", netip.AddrPortFrom(addr, port), why))
}

func (p *Policy) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return refuse(fmt.Errorf("over %d redirects", maxRedirects))
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return refuse(errors.New("a redirect from https to " + req.URL.Scheme))
	}
	return p.CheckURL(req.URL.String())
}

// CheckURL tells early, without resolving anything, that a URL can never be
// reached. What passes may still be refused when it is dialled. Errors are
// fault.BadRequest for what is no web address, and Refused.
func (p *Policy) CheckURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return fault.New(fault.BadRequest, "This is not a web address (http or https).", err)
	}
	if u.User != nil {
		return fault.New(fault.BadRequest, "The address must not hold a user name or password.", nil)
	}
	port, err := portOf(u)
	if err != nil {
		return fault.New(fault.BadRequest, "The port of the address is out of range.", err)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return p.check(addr, port)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return p.checkLocalhost(port)
	}
	if numeric(host) { // 127.1 and 0x7f000001: some resolvers read them as addresses
		return refuse(fmt.Errorf("host %q is a number", host))
	}
	return nil
}

// checkLocalhost accepts the name if either loopback address is allowed; which
// one is dialled is judged then.
func (p *Policy) checkLocalhost(port uint16) error {
	err := p.check(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	if err != nil && p.check(netip.IPv6Loopback(), port) == nil {
		return nil
	}
	return err
}

// Inside says whether a URL leads to anything but public addresses, as its name
// resolves now. What cannot be resolved counts as inside.
func (p *Policy) Inside(ctx context.Context, raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return Why(addr) != ""
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || numeric(host) {
		return true
	}
	resolver := p.dialer.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	return err != nil || len(found) == 0 || slices.ContainsFunc(found, func(a netip.Addr) bool { return Why(a.Unmap()) != "" })
}

func portOf(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		if u.Scheme == "https" {
			return 443, nil
		}
		return 80, nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err == nil && n == 0 {
		err = errors.New("port 0")
	}
	return uint16(n), err
}

// numeric follows the URL standard: a host whose last label is a number is an
// IPv4 address or nothing.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	if err != nil {
		_, err = strconv.ParseUint(last, 10, 64) // 0-prefixed digits that are not octal
	}
	return err == nil || strings.HasPrefix(last, "0x")
}

func refuse(cause error) *fault.Fault {
	return fault.New(Refused, safeRefused, cause).WithHint(hintRefused)
}
