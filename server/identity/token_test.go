package identity

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/server/secret"
)

func testMAC(t testing.TB, purpose string) *secret.MAC {
	t.Helper()
	ring, err := secret.Load(secret.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ring.MAC(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	m := testMAC(t, "access token")
	want := access{tenant: uuid.New(), session: uuid.New(), cookie: true, expires: time.Unix(1_800_000_000, 0)}
	token := want.seal(m)
	if got, err := openAccess(m, token); err != nil || got.tenant != want.tenant || got.session != want.session || !got.cookie || !got.expires.Equal(want.expires) {
		t.Errorf("got %+v (%v)", got, err)
	}
	if _, err := openAccess(testMAC(t, "access token"), token); err == nil {
		t.Error("another server's key opens it")
	}
	for i := range token { // no character can be another one
		b := []byte(token)
		b[i] ^= 1
		if _, err := openAccess(m, string(b)); err == nil {
			t.Errorf("character %d does not matter", i)
		}
	}
}

func TestRefreshTokensDependOnSeedAndGeneration(t *testing.T) {
	t.Parallel()
	m := testMAC(t, "refresh token")
	r := refresh{tenant: uuid.New(), session: uuid.New(), generation: math.MaxUint32}
	token := r.seal(m, []byte("seed"))
	if got, err := readRefresh(token); err != nil || got != r {
		t.Errorf("got %+v (%v)", got, err)
	}
	if !verifyRefresh(m, token, []byte("seed")) || verifyRefresh(m, token, []byte("other")) {
		t.Error("the seed does not count")
	}
	if token != r.seal(m, []byte("seed")) {
		t.Error("the same successor cannot be told twice")
	}
	later := r
	later.generation--
	if token == later.seal(m, []byte("seed")) {
		t.Error("generations share a token")
	}
}

func TestChances(t *testing.T) {
	t.Parallel()
	tenant := uuid.NewString()
	token, hash, err := newChance(linkPrefix, tenant)
	if err != nil {
		t.Fatal(err)
	}
	got, gotHash, err := readChance(linkPrefix, token)
	if err != nil || got != tenant || string(gotHash) != string(hash) {
		t.Errorf("tenant %s (%v)", got, err)
	}
	if _, _, err := readChance(ticketPrefix, token); err == nil {
		t.Error("a link passes for a ticket")
	}
}

func FuzzTokens(f *testing.F) {
	m := testMAC(f, "access token")
	tenant := uuid.NewString()
	link, _, err := newChance(linkPrefix, tenant)
	if err != nil {
		f.Fatal(err)
	}
	signed := access{tenant: uuid.New(), session: uuid.New(), expires: time.Unix(1, 0)}.seal(m)
	f.Add(link)
	f.Add(signed)
	f.Add(refresh{generation: 1}.seal(m, nil))
	f.Add("nxa_.")
	f.Fuzz(func(t *testing.T, token string) {
		if a, err := openAccess(m, token); err == nil && token != a.seal(m) {
			t.Errorf("%q has a second spelling", token)
		}
		if r, err := readRefresh(token); err == nil && !strings.HasPrefix(r.seal(m, nil), token[:strings.IndexByte(token, '.')]) {
			t.Errorf("%q has a second spelling", token)
		}
		_, _, _ = readChance(linkPrefix, token)
	})
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	key := newAPIKey("live")
	if !isAPIKey(key) || len(key) != len("nxs_live_")+43+6 || shownPrefix(key) != key[:15] {
		t.Errorf("key %q, shown %q", key, shownPrefix(key))
	}
	for i := range key {
		b := []byte(key)
		b[i] = 'x' + b[i]&1
		if string(b) != key && isAPIKey(string(b)) {
			t.Errorf("a typing error at %d is not noticed", i)
		}
	}
	counts := map[rune]int{}
	for range 2000 {
		for _, c := range randomBase62(31) {
			counts[c]++
		}
	}
	for c, n := range counts {
		if n < 800 || n > 1200 { // 1000 expected, standard deviation 31
			t.Errorf("%c comes %d times", c, n)
		}
	}
}

func FuzzAPIKey(f *testing.F) {
	f.Add(newAPIKey("live"))
	f.Add("nxs__")
	f.Add("nxs_live_" + strings.Repeat("0", 49))
	f.Fuzz(func(t *testing.T, key string) {
		if isAPIKey(key) && (len(shownPrefix(key)) > len(keyPrefix)+16+1+keyShown || len(key) > 80) {
			t.Errorf("%q is too long", key)
		}
	})
}
