package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/server/secret"
)

var here = secret.Where{Tenant: "t1", Row: "r1", Column: "provider.api_key"}

func load(t *testing.T, dir string) *secret.Keyring {
	t.Helper()
	k, err := secret.Load(secret.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedValueOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	k := load(t, t.TempDir())
	sealed, err := k.Seal([]byte("sk-example"), here)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("sk-example")) {
		t.Fatal("the sealed value shows the plain one")
	}
	plain, err := k.Open(sealed, here)
	if err != nil || string(plain) != "sk-example" {
		t.Fatalf("open = %q, %v", plain, err)
	}
	for name, where := range map[string]secret.Where{
		"other tenant":  {Tenant: "t2", Row: "r1", Column: "provider.api_key"},
		"other row":     {Tenant: "t1", Row: "r2", Column: "provider.api_key"},
		"other column":  {Tenant: "t1", Row: "r1", Column: "provider.url"},
		"shifted parts": {Tenant: "t1r1", Row: "", Column: "provider.api_key"},
	} {
		if _, err := k.Open(sealed, where); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: got %v, want ErrSealed", name, err)
		}
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	t.Parallel()
	k := load(t, t.TempDir())
	sealed, err := k.Seal([]byte("v"), here)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := k.Open(bad, here); err == nil {
			t.Errorf("byte %d: changed and still opened", i)
		}
		if _, err := k.Open(sealed[:i], here); err == nil {
			t.Errorf("cut to %d bytes and still opened", i)
		}
	}
}

func TestRotationOpensOldAndSealsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := load(t, dir)
	sealed, err := before.Seal([]byte("v"), here)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := before.MAC("api key")
	if err != nil {
		t.Fatal(err)
	}
	stored := mac.Sum("nxs_test_1")
	if err := secret.Rotate(filepath.Join(dir, "secret", "master.key")); err != nil {
		t.Fatal(err)
	}
	after := load(t, dir)
	if plain, err := after.Open(sealed, here); err != nil || string(plain) != "v" {
		t.Fatalf("open an old value: %q, %v", plain, err)
	}
	if !after.Stale(sealed) || before.Stale(sealed) {
		t.Error("staleness does not follow the newest key")
	}
	fresh, err := after.Seal([]byte("v"), here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open(fresh, here); !errors.Is(err, secret.ErrKey) {
		t.Errorf("the old keyring opened a value of the new key: %v", err)
	}
	newer, err := after.MAC("api key")
	if err != nil {
		t.Fatal(err)
	}
	if got := newer.Candidates("nxs_test_1"); len(got) != 2 || !bytes.Equal(got[1], stored) || !bytes.Equal(got[0], newer.Sum("nxs_test_1")) {
		t.Error("candidates do not hold the old sum after the new one")
	}
}

func TestMACsOfTwoPurposesDiffer(t *testing.T) {
	t.Parallel()
	k := load(t, t.TempDir())
	a, errA := k.MAC("api key")
	b, errB := k.MAC("refresh token")
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(a.Sum("x"), b.Sum("x")) {
		t.Error("one token has the same sum for two purposes")
	}
	if _, err := k.MAC(""); err == nil {
		t.Error("a MAC without a purpose was made")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("A", 43) + "=\n"
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"readable by others": {good, 0o644, "chmod 600"},
		"readable by group":  {good, 0o640, "chmod 600"},
		"empty":              {"# nothing\n", 0o600, "holds no key"},
		"short key":          {"QUJD\n", 0o600, "line 1"},
		"not base64":         {good + "!!\n", 0o600, "line 2"},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Load(secret.Config{File: path}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
	if _, err := secret.Load(secret.Config{File: filepath.Join(t.TempDir(), "gone")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a named file that is missing: got %v, want ErrNotExist, not a new key", err)
	}
}

func TestMadeKeyIsPrivateAndStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sealed, err := load(t, dir).Seal([]byte("v"), here)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "secret", "master.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, err %v; want 0600", info.Mode(), err)
	}
	if _, err := load(t, dir).Open(sealed, here); err != nil {
		t.Errorf("the second load has another key: %v", err)
	}
}

func TestTextHidesItself(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	s := secret.NewText(value)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "key", s, "in", struct{ K secret.Text }{s})
	body, err := json.Marshal(map[string]any{"k": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", struct{ K secret.Text }{s}), "%#v": fmt.Sprintf("%#v", s),
		"%q": fmt.Sprintf("%q", s), "log": logged.String(), "json": string(body),
	} {
		if strings.Contains(text, value) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
	}
	var in struct{ Key secret.Text }
	if err := json.Unmarshal([]byte(`{"Key":"hunter2"}`), &in); err != nil || in.Key.Reveal() != value {
		t.Errorf("read from JSON = %q, %v", in.Key.Reveal(), err)
	}
}

func FuzzOpen(f *testing.F) {
	k, err := secret.Load(secret.Config{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := k.Seal([]byte("v"), here)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		k.Stale(data)
		if plain, err := k.Open(data, here); err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("a forged value opened as %q", plain)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("# c\n" + strings.Repeat("A", 43) + "=\n"))
	f.Add([]byte("\x00\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := secret.Load(secret.Config{File: path})
		if (k == nil) == (err == nil) {
			t.Errorf("keyring %v with error %v", k != nil, err)
		}
	})
}
