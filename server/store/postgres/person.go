//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// systemUser runs PostgreSQL when we are root, because it refuses root.
const systemUser = "nexusai"

// person is the system user that owns the cluster's files and processes. A nil
// person is whoever we are, and all its methods do nothing.
type person struct{ uid, gid uint32 }

// unprivileged returns nil for ordinary users, and the system user for root;
// it makes that user once.
func unprivileged(ctx context.Context) (*person, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup(systemUser)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		out, addErr := exec.CommandContext(ctx, "useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", systemUser).CombinedOutput()
		account, err = user.Lookup(systemUser) // another process may have made it meanwhile
		if err != nil {
			return nil, fmt.Errorf("PostgreSQL does not run as root and the system user %q cannot be made (%s): run as another user, or make it with useradd --system %s: %w", systemUser, out, systemUser, errors.Join(addErr, err))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up the system user %q: %w", systemUser, err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the id of %q: %w", systemUser, err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the group of %q: %w", systemUser, err)
	}
	return &person{uid: uint32(uid), gid: uint32(gid)}, nil
}

// own hands one path to the person and sets its mode.
func (p *person) own(path string, mode fs.FileMode) error {
	if p != nil {
		if err := os.Chown(path, int(p.uid), int(p.gid)); err != nil {
			return fmt.Errorf("hand %s to %s: %w", path, systemUser, err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("set the mode of %s: %w", path, err)
	}
	return nil
}

// trusts reports whether path is a real folder of ours or of the person.
func (p *person) trusts(path string) bool {
	if p != nil && ownedBy(path, int(p.uid)) {
		return true
	}
	return ownedBy(path, os.Geteuid())
}

// ownedBy reports whether path is a folder, no link to one, of one of the users.
func ownedBy(path string, uids ...int) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && slices.Contains(uids, int(st.Uid))
}

// reaches reports whether the person may pass through every folder above path,
// by the mode bits (an access list that says otherwise is not consulted).
func (p *person) reaches(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || !p.passes(info) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (p *person) passes(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	switch {
	case st.Uid == p.uid:
		return info.Mode()&0o100 != 0
	case st.Gid == p.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// as makes cmd run as the person, in a session of its own: Ctrl-C at the
// terminal is for us, who then stop the database in order.
func (p *person) as(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	dieWithParent(cmd.SysProcAttr)
	if p != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: p.uid, Gid: p.gid}
		cmd.Dir = "/" // our own folder may be closed to the person
	}
}
