// Package audit keeps, for each tenant, a hash-chained trail of who did what.
//
// An entry's hash is the SHA-256 of its canonical encoding, which ends with the
// hash of the entry before it (32 zero bytes for the first). The encoding is
//
//	"nexusai audit entry v1\n"
//	text(tenant id)  number(seq)  number(microseconds since 1970, UTC)
//	text(actor kind) text(actor id) text(actor) text(action)
//	text(target id)  text(target)
//	number(count of facts), then text(key) text(value) by key in byte order
//	previous hash
//
// where number is 8 bytes, big endian, and text is number(length in bytes)
// followed by UTF-8. Whoever can write to the database can still cut off the
// end or make a whole new chain: Exporter writes the heads to a file elsewhere,
// and Verify compares.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"nexusai/backend/httpapi"
)

// The kinds of actors.
const (
	kindUser     = "user"
	kindKey      = "key"
	kindOperator = "operator"
	kindSystem   = "system"
)

// Actor is who did it. An empty Name is filled in when the entry is appended.
type Actor struct {
	Kind string
	ID   string
	Name string
}

// Operator is whoever runs nexusctl on the server's machine.
var Operator = Actor{Kind: kindOperator, Name: "operator"}

// System is the server itself.
var System = Actor{Kind: kindSystem, Name: "system"}

// By is the caller of a request; one that is neither user nor key is the
// operator (identity.Operator).
func By(c httpapi.Caller) Actor {
	switch {
	case c.KeyID != "":
		return Actor{Kind: kindKey, ID: c.KeyID}
	case c.UserID != "":
		return User(c.UserID)
	}
	return Operator
}

// User is a member who is not (yet) a caller, as during sign-in.
func User(id string) Actor { return Actor{Kind: kindUser, ID: id} }

// Entry is one act.
type Entry struct {
	Actor    Actor
	Action   string            // "noun.verbed", as "user.invited"
	TargetID string            // id of what it was done to; may be empty
	Target   string            // the same in words
	Facts    map[string]string // what changed; never a secret, a prompt or an answer
	At       time.Time         // zero: the database's clock
}

const (
	longText  = 500 // bytes of a name or a fact; the rest is cut off
	mostFacts = 30
)

// tidy makes e storable and its encoding independent of where it was stored.
func (e *Entry) tidy() {
	for _, s := range []*string{&e.Actor.ID, &e.Actor.Name, &e.Action, &e.TargetID, &e.Target} {
		*s = clip(*s)
	}
	e.At = e.At.UTC().Truncate(time.Microsecond) // what Postgres keeps
	facts := make(map[string]string, len(e.Facts))
	for _, k := range slices.Sorted(maps.Keys(e.Facts)) {
		if len(facts) == mostFacts {
			break
		}
		facts[clip(k)] = clip(e.Facts[k])
	}
	e.Facts = facts
}

// clip keeps what Postgres can hold in a text: valid UTF-8 without NUL.
func clip(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= longText {
		return s
	}
	n := longText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Hash is the hash of e as entry seq of a tenant's trail after the entry with
// hash prev. It does not change e.
func Hash(tenantID string, seq int64, e Entry, prev []byte) []byte {
	b := []byte("nexusai audit entry v1\n")
	b = text(b, tenantID)
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, s := range []string{e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Action, e.TargetID, e.Target} {
		b = text(b, s)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(len(e.Facts)))
	for _, k := range slices.Sorted(maps.Keys(e.Facts)) {
		b = text(text(b, k), e.Facts[k])
	}
	sum := sha256.Sum256(append(b, prev...))
	return sum[:]
}

func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}
