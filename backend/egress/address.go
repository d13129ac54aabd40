package egress

import (
	"errors"
	"fmt"
	"net/netip"
)

// block is a range that is not the public internet (IANA special-purpose
// registries, RFC 6890 and updates, read 2026).
type block struct {
	prefix netip.Prefix
	why    string
}

var blocks4 = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved for protocols"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a 6to4 relay"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
}

// blocks6 are exceptions from 2000::/3; outside of it nothing is public.
var blocks6 = []block{
	{netip.MustParsePrefix("2001::/23"), "reserved for protocols"}, // Teredo and ORCHID too
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), "6to4, which embeds another address"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
}

var (
	public6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	nat64l  = netip.MustParsePrefix("64:ff9b:1::/48")
)

// metadata are addresses where clouds hand out credentials to whoever asks. No
// range covers them as an exception, only the address itself.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Google, Azure, Oracle, DigitalOcean
	netip.MustParseAddr("169.254.170.2"),   // AWS container credentials
	netip.MustParseAddr("169.254.170.23"),  // AWS EKS pod identity
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("168.63.129.16"),   // Azure host, a public address
	netip.MustParseAddr("192.0.0.192"),     // Oracle, older
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS pod identity
	netip.MustParseAddr("fd20:ce::254"),    // Google
}

// Why says what keeps an address from being a public one ("private",
// "loopback"), and is empty for a public address.
func Why(addr netip.Addr) string {
	switch {
	case !addr.IsValid():
		return "invalid"
	case addr.Is4In6():
		return "IPv4 mapped into IPv6"
	case isMetadata(addr.WithZone("")):
		return "a cloud metadata address"
	case addr.Zone() != "":
		return "link-local"
	case addr.Is4():
		return whyIn(addr, blocks4)
	}
	return why6(addr)
}

func why6(addr netip.Addr) string {
	switch {
	case addr.IsUnspecified():
		return "unspecified"
	case addr.IsLoopback():
		return "loopback"
	case addr.IsLinkLocalUnicast():
		return "link-local"
	case addr.IsPrivate():
		return "private"
	case addr.IsMulticast():
		return "multicast"
	case nat64.Contains(addr), nat64l.Contains(addr):
		return "NAT64, which embeds another address"
	case !public6.Contains(addr):
		return "reserved"
	}
	return whyIn(addr, blocks6)
}

func whyIn(addr netip.Addr, blocks []block) string {
	for _, b := range blocks {
		if b.prefix.Contains(addr) {
			return b.why
		}
	}
	return ""
}

func isMetadata(addr netip.Addr) bool {
	for _, m := range metadata {
		if m == addr {
			return true
		}
	}
	return false
}

// exception is a range of addresses, at one port or (0) at any.
type exception struct {
	prefix netip.Prefix
	port   uint16
}

var errException = errors.New("want a CIDR, an address or address:port, for example 10.1.0.0/16 or 127.0.0.1:8081")

func parseException(text string) (exception, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix.Addr().Is4In6() {
			return exception{}, errException
		}
		if masked := prefix.Masked(); masked != prefix {
			return exception{}, fmt.Errorf("the range begins inside itself: want %s", masked)
		}
		return exception{prefix: prefix}, nil
	}
	addr, port := netip.Addr{}, uint16(0)
	if bare, err := netip.ParseAddr(text); err == nil {
		addr = bare
	} else if at, err := netip.ParseAddrPort(text); err == nil && at.Port() != 0 {
		addr, port = at.Addr(), at.Port()
	}
	if !addr.IsValid() || addr.Zone() != "" {
		return exception{}, errException
	}
	addr = addr.Unmap()
	return exception{netip.PrefixFrom(addr, addr.BitLen()), port}, nil
}

func (e exception) covers(addr netip.Addr, port uint16) bool {
	addr = addr.WithZone("").Unmap()
	if e.port != 0 && e.port != port {
		return false
	}
	if isMetadata(addr) && !e.prefix.IsSingleIP() {
		return false
	}
	return e.prefix.Contains(addr)
}
