package blobtest

import "syscall"

// ends makes a child end with its parent, however that ends.
func ends() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
