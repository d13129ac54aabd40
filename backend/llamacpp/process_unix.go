//go:build unix

package llamacpp

import (
	"os/exec"
	"syscall"
)

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(cmd.Process.Pid, syscall.SIGTERM) }

// kill ends the whole group; a group that is gone already is no error.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
